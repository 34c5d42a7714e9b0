import { readFile, writeFile } from "node:fs/promises";

/** Writes a benchmark's figures between the markers named after it in README.md. */
export async function writeSection(name: string, text: string): Promise<void> {
  const readme = new URL("../README.md", import.meta.url);
  const whole = await readFile(readme, "utf8");
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = whole.indexOf(opening);
  const end = whole.indexOf(closing);
  if (start < 0 || end < start) throw new Error(`README.md has lost its markers for ${name}.`);
  await writeFile(readme, `${whole.slice(0, start)}${opening}\n${text}\n${whole.slice(end)}`);
}
