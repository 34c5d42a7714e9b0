import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stalePages } from "./docs/pages.ts";

/** `node scripts/generate-docs.ts [--check]`: writes the docs that come from the code, or only says which are stale. */
const root = join(import.meta.dirname, "..");
const check = process.argv.includes("--check");

for (const { path, wanted } of await stalePages(root)) {
  if (check) {
    console.error(`${path} is not as the code says: run \`npm run check -- --fix\`.`);
    process.exitCode = 1;
  } else {
    await writeFile(join(root, path), wanted);
    console.log(`wrote ${path}`);
  }
}
