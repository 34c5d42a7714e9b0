import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { envExample } from "./env-example.ts";
import { jobSchemaBlock } from "./job-schema.ts";
import { metricsTable } from "./metrics.ts";
import { settingsPage } from "./settings.ts";

/** What is written from the code: whole files, or the part of a file between its two marks. */
const pages: readonly { path: string; content: () => string; part?: string }[] = [
  { path: "docs/settings.md", content: settingsPage },
  { path: ".env.example", content: envExample },
  { path: "docs/jobs.md", content: jobSchemaBlock, part: "job schema" },
  { path: "docs/operations.md", content: metricsTable, part: "metrics" },
];

/** The pages of the checkout at `root` that are not as the code says, and what they should be. */
export async function stalePages(root: string): Promise<{ path: string; wanted: string }[]> {
  const compared = await Promise.all(
    pages.map(async ({ path, content, part }) => {
      const found = await readFile(join(root, path), "utf8").catch(() => "");
      const wanted = part === undefined ? content() : withPart({ path, found, part, content: content() });
      return { path, found, wanted };
    }),
  );
  return compared.filter(({ found, wanted }) => found !== wanted);
}

function withPart({
  path,
  found,
  part,
  content,
}: Record<"path" | "found" | "part" | "content", string>): string {
  const begin = `<!-- generated: ${part} -->`;
  const end = `<!-- end of ${part} -->`;
  const [before, rest] = found.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${path}: the marks ${begin} and ${end} are missing.`);
  }
  return `${before}${begin}\n${content}\n${end}${after}`;
}
