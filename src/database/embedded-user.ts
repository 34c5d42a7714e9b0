import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../failure.ts";

const run = promisify(execFile);

/** Who the server runs as when that is not this process's own user. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * Postgres refuses to run as root: then it is the owner of the data there is, else the user `postgres`, else `nobody`.
 * Undefined when this process is an ordinary user and the server can be too.
 * @throws Failure `database_unavailable`
 */
export async function chooseServerUser(dataFolder: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataFolder).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) {
    return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  }
  for (const name of ["postgres", "nobody"]) {
    const uid = await idOf("-u", name);
    const gid = await idOf("-g", name);
    if (uid !== undefined && gid !== undefined && uid !== 0) return { name, uid, gid };
  }
  throw new Failure(
    "database_unavailable",
    "Postgres does not run as root, and this system has neither a user `postgres` nor `nobody`: run Latchkey as an ordinary user, or set DATABASE_URL.",
    { retryable: false },
  );
}

/** The first of a folder's ancestors, or the folder itself, that the user cannot pass through; null if it can reach it. */
export async function firstClosedFolder(
  user: ServerUser | undefined,
  folder: string,
): Promise<string | null> {
  if (await passes(user, folder)) return null;
  const ancestors = [folder];
  for (let parent = dirname(folder); parent !== ancestors[0]; parent = dirname(parent)) {
    ancestors.unshift(parent);
  }
  for (const ancestor of ancestors) if (!(await passes(user, ancestor))) return ancestor;
  return folder;
}

/** Asked of the system, as that user, rather than read from modes: access lists and mounts have a say too. */
async function passes(user: ServerUser | undefined, folder: string): Promise<boolean> {
  return await succeeds(user, 'cd -- "$0"', folder);
}

/** Whether the user can run a file. */
export async function canRun(user: ServerUser | undefined, file: string): Promise<boolean> {
  return await succeeds(user, 'test -x "$0" && test -r "$0"', file);
}

async function succeeds(user: ServerUser | undefined, script: string, path: string): Promise<boolean> {
  try {
    await run("/bin/sh", ["-c", script, path], { ...asUser(user), cwd: "/", env: {} });
    return true;
  } catch (error) {
    // A shell that ran and said no has a number for its code; one that could not be started as this user, a name.
    if (error instanceof Error && "code" in error && typeof error.code === "number") return false;
    throw new Failure(
      "database_unavailable",
      `No process can be started as ${user?.name ?? "this user"}: run Latchkey as an ordinary user, or set DATABASE_URL.`,
      { cause: error, retryable: false },
    );
  }
}

/** The part of spawn's options that makes the child another user's. */
export function asUser(user: ServerUser | undefined): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}

async function idOf(flag: "-u" | "-g", name: string): Promise<number | undefined> {
  try {
    const { stdout } = await run("id", [flag, name]);
    return Number.parseInt(stdout, 10);
  } catch {
    return undefined;
  }
}
