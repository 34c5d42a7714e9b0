import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

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

const helps = new Map<string, Promise<string>>();

function help(...command: string[]): Promise<string> {
  const key = command.join(" ");
  const known = helps.get(key);
  if (known !== undefined) return known;
  const asked = promisify(execFile)(process.execPath, [join(root, "src/cli.ts"), ...command, "--help"]).then(
    ({ stdout }) => stdout,
  );
  helps.set(key, asked);
  return asked;
}

/** The commands listed in a help text. */
function subcommands(text: string): Set<string> {
  const list = /^Commands:\n(.*?)(?:^\S|(?![\s\S]))/ms.exec(text)?.[1] ?? "";
  return new Set([...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name ?? ""));
}

/** What the program does not know of a command: a subcommand or an option. */
async function unknownIn({ words }: Command): Promise<string | undefined> {
  const path: string[] = [];
  for (const word of words) {
    const known = subcommands(await help(...path));
    if (known.size === 0) break;
    if (!known.has(word)) return word;
    path.push(word);
  }
  const text = await help(...path);
  return words.find((word) => {
    const option = /^--[a-z-]+/.exec(word)?.[0];
    return option !== undefined && !new RegExp(`${option}\\b(?!-)`).test(text);
  });
}

test("every latchkey command in the docs is one the program has, with options it knows", {
  timeout: 60_000,
}, async () => {
  const commands = await commandsInDocs();
  expect(commands.length).toBeGreaterThan(25);
  const faults: string[] = [];
  for (const command of commands) {
    const unknown = await unknownIn(command);
    if (unknown !== undefined)
      faults.push(`${command.page}: latchkey ${command.words.join(" ")}: ${unknown}`);
  }
  expect(faults).toEqual([]);
});

test("a command the program lacks would be found", async () => {
  expect(await unknownIn({ page: "", words: ["identities", "frobnicate"] })).toBe("frobnicate");
  expect(await unknownIn({ page: "", words: ["runs", "--frobnicate"] })).toBe("--frobnicate");
  expect(
    await unknownIn({ page: "", words: ["identities", "update", "me", "--sessions", "3"] }),
  ).toBeUndefined();
});

test("every npm script the docs name is in package.json", async () => {
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const pages = ["CONTRIBUTING.md", "SECURITY.md", "README.md", "docs/failures.md", "docs/settings.md"];
  const texts = await Promise.all(pages.map((page) => readFile(join(root, page), "utf8").catch(() => "")));
  const named = [
    ...texts.join("\n").matchAll(/\bnpm (?:run )?(demo|start|test|check|setup|bench|(?<=run )[a-z]+)/g),
  ];
  const missing = named.map(([, name]) => name ?? "").filter((name) => !(name in scripts));
  expect(new Set(missing)).toEqual(new Set());
});
