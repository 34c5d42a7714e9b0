import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../../failure.ts";

/**
 * Reads the key file, making it on first start with mode 0600. Processes that start at once all get the same key.
 * @throws Failure `invalid_config` when the file cannot be used, or others than its owner can read it.
 */
export async function readOrMakeKeyFile(path: string, make: () => string): Promise<string> {
  try {
    return readPrivate(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw unusable(path, error);
  }
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o711 });
    await createOnce(path, make());
    return readPrivate(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Reads the key file as it stands. @throws Failure `invalid_config` */
export function readKeyFile(path: string): string {
  try {
    return readPrivate(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Puts a key before those in the file: the file is replaced whole. Gives the new content. @throws Failure `invalid_config` */
export async function addToKeyFile(path: string, key: string): Promise<string> {
  const content = `${key}\n${readKeyFile(path)}`;
  const draft = `${path}.${randomUUID()}`;
  try {
    await writePrivate(draft, content);
    await rename(draft, path);
    return content;
  } catch (error) {
    throw unusable(path, error);
  } finally {
    await rm(draft, { force: true });
  }
}

function readPrivate(path: string): string {
  const { mode } = statSync(path);
  if ((mode & 0o077) !== 0) {
    throw new Failure(
      "invalid_config",
      `The master key ${path} can be read by others (mode ${(mode & 0o777).toString(8)}): run \`chmod 600 ${path}\`, and think of it as seen.`,
    );
  }
  return readFileSync(path, "utf8");
}

async function writePrivate(path: string, content: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Written aside and linked into place: the file appears whole or not at all, and the first to link it wins. */
async function createOnce(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writePrivate(draft, `${content}\n`);
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
