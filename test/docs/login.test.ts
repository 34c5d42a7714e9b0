import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseStoredLogin } from "../../src/login/stored-login.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFile(join(root, path), "utf8");

interface Row {
  kind: string;
  tests: { file: string; name: string }[];
}

/** The table of page kinds: in each row links to test files, each followed by the names of tests in them. */
async function pageKinds(): Promise<Row[]> {
  const page = await read("docs/login.md");
  const table = page.split("<!-- page kinds -->")[1]?.split("<!-- /page kinds -->")[0] ?? "";
  return table
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .map((line) => {
      const [, kind = "", cell = ""] = /^\| (.+?) \| (.+) \|$/.exec(line) ?? [];
      const links = cell.matchAll(/\[[^\]]+\]\(\.\.\/(test\/[^)]+)\): ((?:"[^"]+"(?:, )?)+)/g);
      const tests = [...links].flatMap(([, file = "", names = ""]) =>
        [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => ({ file, name })),
      );
      return { kind, tests };
    });
}

/** Whether a text in quotation marks in the file is, or contains, the name; one that is skipped is none. */
function names(source: string, name: string): boolean {
  const quoted = source
    .split("\n")
    .filter((line) => !/\.(skip|todo|fails)\b|^\s*(\/\/|\*|\/\*)/.test(line))
    .flatMap((line) => [...line.matchAll(/"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`|^\s*(\w+):/g)])
    .map(([, double, template, key]) => (double ?? template ?? key ?? "").replaceAll('\\"', '"'));
  return quoted.some((text) => text === name || (name.length > 20 && text.includes(name)));
}

test("every kind of page in docs/login.md names tests that there are", async () => {
  const rows = await pageKinds();
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter(({ kind, tests }) => kind === "" || tests.length === 0)).toEqual([]);
  const missing = await Promise.all(
    rows.flatMap(({ tests }) =>
      tests.map(async (one) => (names(await read(one.file).catch(() => ""), one.name) ? [] : [one])),
    ),
  );
  expect(missing.flat()).toEqual([]);
});

test("a test that is gone, renamed or skipped would be missed", () => {
  const source = 'test("a site that takes its time is waited for", async () => {';
  expect(names(source, "a site that takes its time is waited for")).toBe(true);
  expect(names(source, "a site that takes its time")).toBe(true);
  expect(names(source, "a site that hurries")).toBe(false);
  expect(names(source.replace("test(", "test.skip("), "a site that takes its time is waited for")).toBe(
    false,
  );
  expect(names(`// ${source}`, "a site that takes its time is waited for")).toBe(false);
});

test("the stored login in docs/login.md has the form of one, but for its page", async () => {
  const example = /^```json\n(\{"format".*?)^```/ms.exec(await read("docs/login.md"))?.[1] ?? "";
  expect(() => parseStoredLogin(example)).toThrow("`steps.0.situation.snapshot.url` is missing or wrong");
});
