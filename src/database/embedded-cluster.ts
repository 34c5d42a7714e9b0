import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import type { Binaries } from "./embedded-binaries.ts";
import type { EmbeddedPaths } from "./embedded-paths.ts";
import { asUser, type ServerUser } from "./embedded-user.ts";

const run = promisify(execFile);

export const serverRole = "latchkey";

/** The environment of the server's processes: another user may run them, so nothing of ours is in it. */
export const serverEnvironment = { LC_ALL: "C", TZ: "UTC" };

/**
 * Makes the data folder on first start, else checks that this Postgres can read it. Call with the gate held.
 * @throws Failure `database_unavailable`
 */
export async function ensureCluster(options: {
  paths: EmbeddedPaths;
  binaries: Binaries;
  user: ServerUser | undefined;
  log: Logger;
}): Promise<void> {
  const { paths, binaries, user, log } = options;
  const version = await readFile(join(paths.data, "PG_VERSION"), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new Failure(
      "database_unavailable",
      `The data of the embedded Postgres in ${paths.data} cannot be read by this user: run Latchkey as the user who made it, or set LATCHKEY_DATA_DIR.`,
      { cause: error, retryable: false },
    );
  });
  if (version === undefined) return await createCluster({ paths, binaries, user, log });
  if (version.trim() !== binaries.majorVersion) {
    throw new Failure(
      "database_unavailable",
      `The data in ${paths.data} is of Postgres ${version.trim()}, and Latchkey brings ${binaries.majorVersion}: move it over with pg_dump from the Latchkey that made it, or set LATCHKEY_DATA_DIR to another folder.`,
      { retryable: false },
    );
  }
}

/** initdb works in a folder of its own that is renamed when it is done: the data is there whole or not at all. */
async function createCluster({
  paths,
  binaries,
  user,
  log,
}: {
  paths: EmbeddedPaths;
  binaries: Binaries;
  user: ServerUser | undefined;
  log: Logger;
}): Promise<void> {
  log.info({ folder: paths.data }, "creating the embedded Postgres");
  for (const name of await readdir(paths.folder)) {
    if (name.startsWith("initdb-")) await rm(join(paths.folder, name), { recursive: true, force: true });
  }
  await rm(paths.password, { force: true });
  await writeFile(paths.password, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
  const draft = join(paths.folder, `initdb-${randomBytes(6).toString("hex")}`);
  await mkdir(draft, { mode: 0o700 });
  if (user !== undefined) {
    await chown(draft, user.uid, user.gid);
    await chown(paths.password, user.uid, user.gid);
  }
  try {
    await run(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${serverRole}`,
        `--pwfile=${paths.password}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
      ],
      { ...asUser(user), cwd: draft, env: serverEnvironment },
    );
    await rename(draft, paths.data);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    throw new Failure(
      "database_unavailable",
      `The embedded Postgres could not be created in ${paths.folder} as ${user?.name ?? "this user"}: check free space and permissions; the log has the reason.`,
      { cause, retryable: false },
    );
  }
}
