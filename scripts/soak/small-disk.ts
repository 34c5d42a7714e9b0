import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const sizeMb = 48;

/** A folder on a disk of its own that can be filled up. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** Undefined where file systems cannot be mounted: not root, or a container without the right. */
export async function mountSmallDisk(folder: string): Promise<SmallDisk | undefined> {
  await mkdir(folder, { recursive: true });
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${sizeMb}m`, "tmpfs", folder]);
  } catch {
    return undefined;
  }
  const filler = join(folder, "filler");
  const empty = () => rm(filler, { force: true });
  return {
    folder,
    async fill() {
      // Writes what there is room for, then fails: that is the point.
      await writeFile(filler, Buffer.alloc(sizeMb * 2 ** 20)).catch(() => {});
    },
    empty,
    async [Symbol.asyncDispose]() {
      await empty();
      await run("umount", [folder]).catch(() => {});
    },
  };
}
