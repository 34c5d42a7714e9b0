import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure } from "../../../failure.ts";

/** What one session may be handed in all. */
const mostFiles = 200;
const mostBytes = 2 ** 30;
/** How often the room is measured while a file comes in, in bytes: others may come in beside it. */
const measureEachBytes = 16 * 2 ** 20;

/**
 * Keeps an uploaded file. Under its name there is nothing, or what was there before, until all of it has come.
 * @param name a safe one, which begins with no dot
 * @throws Failure `request_too_large` for a file that is, or where the folder has no room for it; of the upload
 */
export async function keepUpload(
  file: Readable & { truncated?: boolean },
  { folder, name, mostFileBytes }: { folder: string; name: string; mostFileBytes: number },
): Promise<void> {
  const partial = join(folder, `.partial-${randomUUID()}`);
  try {
    await seeRoom(folder);
    await pipeline(file, measured(folder), createWriteStream(partial, { mode: 0o600, flags: "wx" }));
    if (file.truncated === true)
      throw new Failure("request_too_large", `A file may have at most ${mostFileBytes} bytes.`);
    await seeRoom(folder, 0);
    await rename(partial, join(folder, name));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

const measured = (folder: string) =>
  async function* (chunks: AsyncIterable<Buffer>) {
    let since = 0;
    for await (const chunk of chunks) {
      since += chunk.length;
      if (since >= measureEachBytes) {
        since = 0;
        await seeRoom(folder, 0);
      }
      yield chunk;
    }
  };

/** @param more files that are to come */
async function seeRoom(folder: string, more = 1): Promise<void> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (names.length + more > mostFiles || bytes > mostBytes)
    throw new Failure(
      "request_too_large",
      `A session may be handed ${mostFiles} files with ${mostBytes} bytes in all.`,
    );
}

/** Another upload's partial file may have gone meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
