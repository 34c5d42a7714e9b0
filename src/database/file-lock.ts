import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";

export type FileLockKind = "shared" | "exclusive";

/**
 * Locks a file among processes, or null when another holds it. SQLite is used for its locks alone: they are the only
 * ones in Node's library that the system lets go of when their holder dies, however it dies, and that are seen from
 * another container on the same machine. The file stays empty.
 */
export function tryFileLock(path: string, kind: FileLockKind): Disposable | null {
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    file.exec(kind === "exclusive" ? "begin exclusive" : "begin");
    // A plain "begin" locks nothing yet; the first read takes the shared lock and keeps it.
    if (kind === "shared") file.prepare("select count(*) from sqlite_schema").get();
  } catch (error) {
    file.close();
    if (isBusy(error)) return null;
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}

/** Waits for the lock. @throws the signal's reason */
export async function fileLock(path: string, kind: FileLockKind, signal?: AbortSignal): Promise<Disposable> {
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryFileLock(path, kind);
    if (lock !== null) return lock;
    // The system tells nobody that a file lock was freed.
    await delay(25, undefined, { signal });
  }
}

function isBusy(error: unknown): boolean {
  const sqliteBusy = 5;
  return error instanceof Error && "errcode" in error && error.errcode === sqliteBusy;
}
