import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCliContext } from "../../src/cli/context.ts";
import { createProgram } from "../../src/cli/program.ts";

const root = join(import.meta.dirname, "../..");

interface Command {
  page: string;
  /** After `latchkey`. */
  words: string[];
}

/** Every `latchkey …` that the docs tell people to type, in code blocks and in running text. */
async function commandsInDocs(): Promise<Command[]> {
  const docs = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md"));
  const pages = [...docs.map((name) => `docs/${name}`), "CONTRIBUTING.md", "SECURITY.md", "README.md"];
  const perPage = await Promise.all(
    pages.map(async (page) => {
      const text = await readFile(join(root, page), "utf8").catch(() => "");
      const inline = [...text.matchAll(/`([^`\n]*(?:\n[^`\n]+)?)`/g)].map(([, code]) =>
        code?.replace("\n", " "),
      );
      const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, code]) => code?.split("\n"));
      return [...inline, ...blocks].flatMap((line) => {
        const command = /(?:^|\s)latchkey ((?:[a-z]|--).*)/.exec((line ?? "").replace(/ #.*/, ""))?.[1];
        return command === undefined ? [] : [{ page, words: command.split(/\s+/) }];
      });
    }),
  );
  return perPage.flat();
}

const program = await createProgram(createCliContext(process), []);

/** What the program does not know of a command: a subcommand or an option. */
function unknownIn({ words }: Command): string | undefined {
  const path = [program];
  for (const word of words) {
    const current = path[0];
    if (current === undefined || current.commands.length === 0 || word.startsWith("-")) break;
    const next = current.commands.find((command) => command.name() === word);
    // A command with subcommands may itself take an argument: `flows acme/invoice`.
    if (next === undefined && current.registeredArguments.length > 0) break;
    if (next === undefined) return word;
    path.unshift(next);
  }
  const options = new Set(["--help", ...path.flatMap((command) => command.options.map(({ long }) => long))]);
  return words.find((word) => {
    const option = /^--[a-z-]+/.exec(word)?.[0];
    return option !== undefined && !options.has(option);
  });
}

test("every latchkey command in the docs is one the program has, with options it knows", async () => {
  const commands = await commandsInDocs();
  expect(commands.length).toBeGreaterThan(25);
  const faults = commands.flatMap((command) => {
    const unknown = unknownIn(command);
    return unknown === undefined ? [] : [`${command.page}: latchkey ${command.words.join(" ")}: ${unknown}`];
  });
  expect(faults).toEqual([]);
});

test("a command the program lacks would be found", () => {
  const unknown = (line: string) => unknownIn({ page: "", words: line.split(" ") });
  expect(unknown("identities frobnicate")).toBe("frobnicate");
  expect(unknown("runs --frobnicate")).toBe("--frobnicate");
  expect(unknown("identities update me --sessions 3")).toBeUndefined();
  expect(unknown("--help")).toBeUndefined();
});

test("every npm script the docs name is in package.json", async () => {
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const pages = [
    "CONTRIBUTING.md",
    "SECURITY.md",
    "README.md",
    "docs/failures.md",
    "docs/settings.md",
    "docs/login.md",
  ];
  const texts = await Promise.all(pages.map((page) => readFile(join(root, page), "utf8").catch(() => "")));
  const named = [
    ...texts
      .join("\n")
      .matchAll(/\bnpm (?:run )?(demo|start|test|check|setup|bench|(?<=run )[a-z]+(?::[a-z]+)?)/g),
  ];
  const missing = named.map(([, name]) => name ?? "").filter((name) => !(name in scripts));
  expect(new Set(missing)).toEqual(new Set());
});
