import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";

/**
 * Reads `<dataDir>/master.key`, making it on first start with mode 0600. Processes that start at once all get the
 * same key.
 * @throws Failure `invalid_config` when the file cannot be used, or others than its owner can read it.
 */
export async function readOrMakeKeyFile(
  dataDir: string,
  make: () => string,
): Promise<{ path: string; content: string }> {
  const path = join(dataDir, "master.key");
  try {
    return { path, content: await readPrivate(path) };
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw unusable(path, error);
  }
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    await createOnce(path, make());
    return { path, content: await readPrivate(path) };
  } catch (error) {
    throw unusable(path, error);
  }
}

async function readPrivate(path: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new Failure(
      "invalid_config",
      `The master key ${path} can be read by others (mode ${(mode & 0o777).toString(8)}): run \`chmod 600 ${path}\`, and think of it as seen.`,
    );
  }
  return await readFile(path, "utf8");
}

/** Written aside and linked into place: the file appears whole or not at all, and the first to link it wins. */
async function createOnce(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(`${content}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function unusable(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure(
    "invalid_config",
    `The master key ${path} cannot be read or made by this user: check the folder's owner, or set LATCHKEY_MASTER_KEY.`,
    { cause: error },
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
