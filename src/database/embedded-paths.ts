import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { firstClosedFolder, type ServerUser } from "./embedded-user.ts";

/** What the embedded Postgres keeps, all in `<dataDir>/postgres`. */
export interface EmbeddedPaths {
  folder: string;
  /** The server's own: PGDATA. */
  data: string;
  /** Password of the one role, mode 0600. */
  password: string;
  /** Where it was last started: see `ServerRecord`. */
  record: string;
  log: string;
  /** Locked by whoever starts, joins, leaves or stops the server: one at a time. */
  gate: string;
  /** Locked, shared, by everyone who uses the server: who gets it alone is the last. */
  users: string;
}

export function embeddedPaths(dataDir: string): EmbeddedPaths {
  const folder = join(dataDir, "postgres");
  return {
    folder,
    data: join(folder, "data"),
    password: join(folder, "password"),
    record: join(folder, "server.json"),
    log: join(folder, "server.log"),
    gate: join(folder, "gate.lock"),
    users: join(folder, "users.lock"),
  };
}

/**
 * Makes the folder, and makes sure that the server's user can get to it.
 * @throws Failure `database_unavailable` naming the folder in the way.
 */
export async function makeEmbeddedFolder(
  { folder, gate, users }: EmbeddedPaths,
  user: ServerUser | undefined,
): Promise<void> {
  try {
    // Others may pass through, to what is theirs, and list nothing: the server's user is one of them.
    await mkdir(folder, { recursive: true, mode: user === undefined ? 0o700 : 0o711 });
    // Whoever can read a lock's file can hold it against us.
    for (const lock of [gate, users]) await createPrivate(lock);
  } catch (cause) {
    throw new Failure(
      "database_unavailable",
      `The data folder ${folder} cannot be made by this user: check its parent's permissions, or set LATCHKEY_DATA_DIR.`,
      { cause, retryable: false },
    );
  }
  const closed = await firstClosedFolder(user, folder);
  if (closed === null) return;
  throw new Failure(
    "database_unavailable",
    `Postgres cannot run as root, and ${user?.name ?? "this user"}, whom it runs as, cannot pass through ${closed}: run \`chmod o+x ${closed}\`, or set LATCHKEY_DATA_DIR to a folder that others may pass through.`,
    { retryable: false },
  );
}

/** Leaves one that is there unopened: closing any handle of a file drops all locks a process has on it (POSIX). */
async function createPrivate(path: string): Promise<void> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.close();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
