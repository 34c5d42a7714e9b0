import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { envExample } from "./docs/env-example.ts";
import { jobSchemaBlock } from "./docs/job-schema.ts";
import { settingsPage } from "./docs/settings.ts";

const root = join(import.meta.dirname, "..");

/** What is written from the code: whole files, or the part of a file between its two marks. */
const pages: readonly { path: string; content: () => string; part?: string }[] = [
  { path: "docs/settings.md", content: settingsPage },
  { path: ".env.example", content: envExample },
  { path: "docs/jobs.md", content: jobSchemaBlock, part: "job schema" },
];

/** The file with its part between the marks replaced. @throws Error when the marks are not there */
function withPart({ file, part, content }: { file: string; part: string; content: string }): string {
  const begin = `<!-- generated: ${part} -->`;
  const end = `<!-- end of ${part} -->`;
  const [before, rest] = file.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`The marks ${begin} and ${end} are missing.`);
  return `${before}${begin}\n${content}\n${end}${after}`;
}

/** `node scripts/generate-docs.ts [--check]`: writes the generated docs, or only says which are out of date. */
const check = process.argv.includes("--check");
for (const { path, content, part } of pages) {
  const at = join(root, path);
  const found = await readFile(at, "utf8").catch(() => "");
  const wanted = part === undefined ? content() : withPart({ file: found, part, content: content() });
  if (found === wanted) continue;
  if (check) {
    console.error(`${path} is not as the code says: run \`npm run check -- --fix\`.`);
    process.exitCode = 1;
  } else {
    await writeFile(at, wanted);
    console.log(`wrote ${path}`);
  }
}
