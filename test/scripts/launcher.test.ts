import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

test("the command starts from any folder", async () => {
  const { stdout } = await run(process.execPath, [join(root, "bin/latchkey.js"), "--version"], {
    cwd: tmpdir(),
  });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a checkout without its packages says how to get them", async () => {
  const checkout = await mkdtemp(join(tmpdir(), "latchkey-bare-"));
  try {
    for (const part of ["bin", "src", "package.json"]) {
      await cp(join(root, part), join(checkout, part), { recursive: true });
    }
    await expect(run(process.execPath, [join(checkout, "bin/latchkey.js"), "flows"])).rejects.toMatchObject({
      code: 1,
      stderr:
        "latchkey: its packages are not installed. Run `npm run setup` in its folder, then try again.\n",
    });
  } finally {
    await rm(checkout, { recursive: true });
  }
});
