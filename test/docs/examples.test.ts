import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const docs = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md"));
const pages = [...docs.map((name) => `docs/${name}`), "CONTRIBUTING.md", "SECURITY.md", "README.md"];

interface Example {
  page: string;
  language: string;
  /** The file name after the language, if any: what the example is to be saved as. */
  name: string;
  text: string;
}

async function examplesIn(page: string): Promise<Example[]> {
  const text = await readFile(join(root, page), "utf8").catch(() => "");
  return [...text.matchAll(/^```(?<language>\w+)(?: (?<name>\S+))?\n(?<text>.*?)^```$/gms)].map(
    ({ groups }) => ({
      page,
      language: groups?.["language"] ?? "",
      name: groups?.["name"] ?? "",
      text: groups?.["text"] ?? "",
    }),
  );
}

const examples = (await Promise.all(pages.map(examplesIn))).flat();

// Inside the package, so that `latchkey` and its dependencies are found; dotted, so that the project's own tsc is not.
const folder = await mkdtemp(join(root, "test/docs/.examples-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

test("every TypeScript example in the docs compiles under the project's own rules", async () => {
  const sources = examples.filter(({ language }) => language === "ts");
  expect(sources.length).toBeGreaterThan(4);
  for (const [index, { page, name, text }] of sources.entries()) {
    const file = join(folder, page.replaceAll(/\W/g, "-"), name === "" ? `example-${index}.ts` : name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../../tsconfig.json", include: ["**/*.ts"] }),
  );
  const tsc = join(root, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["--project", folder]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe("");
});

test("every JSON example in the docs is JSON", () => {
  const texts = examples.filter(({ language }) => language === "json");
  expect(texts.length).toBeGreaterThan(1);
  for (const { page, text } of texts) expect(() => void JSON.parse(text), page).not.toThrow();
});
