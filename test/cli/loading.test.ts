import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { expect, test } from "vitest";
import { commandGroups } from "../../src/cli/command-groups.ts";
import { createCliContext } from "../../src/cli/context.ts";
import { createProgram } from "../../src/cli/program.ts";
import { latchkey } from "../support/cli.ts";

const context = createCliContext(process);
const preload = pathToFileURL(resolve("test/support/report-modules.ts")).href;
const snapshot = resolve("test/login/snapshots/dialog-behind-a-button.json");

/** What a command loads, in a process of its own: packages by name, modules of ours by path. */
async function loadedBy(...args: string[]): Promise<Set<string>> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-loading-"));
  try {
    const file = join(folder, "modules");
    const environment = { NODE_OPTIONS: `--import ${preload}`, REPORT_MODULES: file };
    const { code, stderr } = await latchkey(args, { ...environment, LATCHKEY_DATA_DIR: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const urls = (await readFile(file, "utf8")).trim().split("\n");
    const names = urls.map((url) => {
      const [, packageName, own] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)|\/(src\/.*)/.exec(url) ?? [];
      return packageName ?? own ?? url;
    });
    return new Set(names.filter((name) => !name.startsWith("file:") && !name.startsWith("node:")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test.each(commandGroups.map((group) => [group.names.join(", "), group] as const))(
  "%s: a command is loaded by each name it is registered under, and by no other",
  async (_names, { names, load }) => {
    const program = new Command();
    (await load())(program, context);
    expect(program.commands.flatMap((command) => [command.name(), ...command.aliases()])).toEqual(names);
  },
);

test.each([
  ["none is named", [], commandGroups.flatMap(({ names }) => names)],
  ["an unknown one is", ["runz"], commandGroups.flatMap(({ names }) => names)],
  ["help is", ["help", "runs"], commandGroups.flatMap(({ names }) => names)],
  ["it is", ["runs", "--limit", "3"], ["runs"]],
  ["it is, after an option", ["--project", "login", "runs"], ["runs"]],
  ["it is, after an option with its value", ["--project=login", "runs"], ["runs"]],
  ["it comes along with others", ["worker"], ["start", "worker", "server"]],
])("the program has the commands it needs where %s", async (_where, args, names) => {
  const program = await createProgram(context, args);
  expect(program.commands.map((command) => command.name())).toEqual(names);
});

test("--version loads the program and nothing else", { timeout: 30_000 }, async () => {
  const loaded = await loadedBy("--version");
  const packages = [...loaded].filter((name) => !name.startsWith("src/"));
  expect(packages).toEqual(["commander"]);
  for (const name of ["src/config.ts", "src/log.ts", "src/parts.ts"]) expect(loaded).not.toContain(name);
});

test("what touches no database loads none of its modules", { timeout: 60_000 }, async () => {
  for (const args of [
    ["login", "--help"],
    ["submit", "--help"],
    ["login", "--replay", snapshot],
    ["flows"],
  ]) {
    const loaded = await loadedBy(...args);
    expect(loaded, args.join(" ")).toContain(`src/cli/${args[0]}.ts`);
    for (const name of ["kysely", "pg", "src/database/open.ts", "src/store.ts"])
      expect(loaded, args.join(" ")).not.toContain(name);
  }
});
