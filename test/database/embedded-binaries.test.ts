import { execFileSync } from "node:child_process";
import { chmod, cp, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBinaries, installedBinaries } from "../../src/database/embedded-binaries.ts";
import { chooseServerUser } from "../../src/database/embedded-user.ts";

const log = pino({ level: "silent" });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-binaries-"));
  await chmod(folder, 0o711);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the installed programs are used where the server's user can run them", async () => {
  const installed = await installedBinaries();
  const found = await findBinaries({ user: undefined, folder, log });
  expect(found).toEqual({ ...installed, majorVersion: expect.stringMatching(/^\d+$/) });
});

describe.runIf(process.getuid?.() === 0)("as root", () => {
  test("programs in a folder of root's own are copied, once, to where the server's user can run them", async () => {
    const installed = await installedBinaries();
    const user = await chooseServerUser(join(folder, "none"));
    const home = join(folder, "home");
    await cp(dirname(dirname(installed.postgres)), home, { recursive: true, verbatimSymlinks: true });
    await chmod(home, 0o700);
    const closed = { initdb: join(home, "bin", "initdb"), postgres: join(home, "bin", "postgres") };

    const found = await findBinaries({ user, folder, log, installed: closed });
    expect(found.postgres).toMatch(/\/programs-\d+\.\d+\/bin\/postgres$/);
    const version = execFileSync(found.postgres, ["--version"], {
      encoding: "utf8",
      uid: user?.uid,
      gid: user?.gid,
      cwd: "/",
    });
    expect(version).toContain(`(PostgreSQL) ${found.majorVersion}.`);

    const copiedAt = (await stat(found.postgres)).ctimeMs;
    expect(await findBinaries({ user, folder, log, installed: closed })).toEqual(found);
    expect((await stat(found.postgres)).ctimeMs).toBe(copiedAt);
    expect((await readFile(found.initdb)).length).toBeGreaterThan(0);
  });
});
