import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { createCliContext } from "../../src/cli/context.ts";
import { createProgram } from "../../src/cli/program.ts";
import { latchkey } from "../support/cli.ts";

const program = await createProgram(createCliContext(process), []);
const commands = withSubcommands(program, []);

interface Found {
  path: string[];
  command: Command;
}

function withSubcommands(command: Command, path: string[]): Found[] {
  const below = command.commands.flatMap((one) => withSubcommands(one, [...path, one.name()]));
  return [{ path, command }, ...below];
}

/** The whole help, examples and all, as it is printed into a pipe. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part), getOutHasColors: () => false });
  command.outputHelp();
  return text;
}

describe.each(commands.map(({ path, command }) => [["latchkey", ...path].join(" "), path, command] as const))(
  "%s --help",
  (_name, path, command) => {
    const help = helpOf(command);

    test("says what it does, and what each option and argument is", () => {
      expect(command.description()).not.toBe("");
      const undescribed = [...command.options, ...command.registeredArguments].filter(
        ({ description }) => description === "",
      );
      expect(undescribed).toEqual([]);
    });

    test("shows an example, of this command, within 80 columns", () => {
      expect(help).toMatch(new RegExp(`^ {2}\\$ .*npx latchkey ${path.join(" ")}`, "m"));
      expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
    });

    test("names no option in its examples that does not exist", () => {
      const known = new Set(commands.flatMap((one) => one.command.options.map(({ long }) => long)));
      const used = [...help.matchAll(/^ {2}\$ .*|^ {6}--.*/gm)].flatMap(([line]) =>
        [...line.matchAll(/ (--[a-z-]+)/g)].map(([, option]) => option),
      );
      expect(used.filter((option) => !known.has(option))).toEqual([]);
    });
  },
);

test("--json is offered by every command that shows something", () => {
  const without = commands
    .filter(({ command }) => command.commands.length === 0)
    .filter(({ command }) => !command.options.some(({ long }) => long === "--json"));
  expect(without.map(({ path }) => path.join(" "))).toEqual([
    "start",
    "worker",
    "server",
    "identities rm",
    "applications rm",
    "flows new",
    "flows test",
    "flows record",
    "schedules rm",
    "keys rm",
  ]);
});

test("the version is the package's", async () => {
  const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
  const { stdout } = await promisify(execFile)(process.execPath, ["bin/latchkey.js", "--version"]);
  expect(stdout).toBe(`${version}\n`);
});

describe("malformed arguments end with 1 and name what is wrong, with no stack and no settings read", () => {
  const cases: [args: string, says: string[]][] = [
    ["runz", ["unknown command 'runz'", "Did you mean", "runs"]],
    ["identities lst", ["unknown command 'lst'", "list"]],
    ["runs --limit abc", ["--limit", "whole number from 1 to 1,000"]],
    ["runs --limit 0", ["--limit"]],
    ["runs --limit 1e9", ["--limit"]],
    ["runs --status lost", ["--status", "queued, deferred, running, waiting_for_code, succeeded, failed"]],
    ["runs --limt 3", ["--limt", "Did you mean --limit?"]],
    ["run --identity me", ["missing required argument 'flow'"]],
    ["run web/capture", ["--identity"]],
    ["run web/capture --identity me --input {", ["--input", "It is not JSON."]],
    ["run web/capture --identity me --slow-mo -5", ["--slow-mo", "milliseconds"]],
    ["submit web/capture --identity me --deadline soon", ["--deadline", "milliseconds"]],
    ["submit web/capture --identity me --delay 1.5", ["--delay", "milliseconds"]],
    ["identities add --url https://a.example --sessions many", ["--sessions"]],
    ["identities add --url https://a.example --metadata [1]", ["--metadata", "It is not a JSON object."]],
    ["identities add --url https://a.example --provider moon", ["--provider", "local, cdp"]],
    ["identities add --name me", ["--url"]],
    ["identities show", ["missing required argument 'identity'"]],
    ["identities add --url https://a.example --password hunter2", ["unknown option '--password'"]],
    ["login", ["missing required argument 'url'"]],
    ["cancel", ["missing required argument 'id'"]],
    ["keys rotate all of them", ["too many arguments"]],
  ];

  // In one process each, all parsed before anything is opened: an unusable setting would be reported instead.
  test("in processes of their own", { timeout: 60_000 }, async () => {
    const environment = { DATABASE_URL: "nonsense", LATCHKEY_PORT: "nonsense" };
    const results = await inTurns(cases, 4, async ([args, says]) => ({
      args,
      says,
      ...(await latchkey(args.split(" "), environment)),
    }));
    for (const { args, says, code, stdout, stderr } of results) {
      expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: "" });
      for (const text of says) expect(stderr, args).toContain(text);
      expect(stderr, args).toMatch(/^✗ /);
      expect(stderr, args).not.toMatch(/ {4}at |node:|nonsense|hunter2/);
    }
  });
});

test("unusable settings are reported all at once, by name and never by value", async () => {
  const { code, stdout, stderr } = await latchkey(["runs"], {
    LATCHKEY_PORT: "seventy",
    LATCHKEY_PROVIDER: "moon",
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /^✗ invalid_config: Settings are not usable\.\n {2}LATCHKEY_PROVIDER: .+\n {2}LATCHKEY_PORT: /,
  );
  expect(stderr).not.toMatch(/seventy|moon| {4}at /);
});

/** At most so many at a time: each is a process. */
async function inTurns<T, R>(items: T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const [index, item] of waiting) results[index] = await work(item);
    }),
  );
  return results;
}
