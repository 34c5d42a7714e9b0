import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pidNamespace, readRecord, writeRecord } from "../../src/database/embedded-holder.ts";
import { type EmbeddedPaths, embeddedPaths } from "../../src/database/embedded-paths.ts";
import { readServerProcess, sendSignal } from "../../src/database/embedded-server.ts";
import { tryFileLock } from "../../src/database/file-lock.ts";
import { openDatabase } from "../../src/database/open.ts";
import { type Program, type ProgramOptions, startProgram } from "../support/program.ts";

const log = pino({ level: "silent" });
const isRoot = process.getuid?.() === 0;
const apart = ["unshare", "--pid", "--fork", "--net", "--mount-proc", "--kill-child"];
const mayBeApart = isRoot && succeeds([...apart, "ip", "link", "set", "lo", "up"]);

let cluster: string;
beforeAll(async () => {
  cluster = await makeFolder();
  const database = await openDatabase({ dataDir: cluster, log });
  await database.close();
});
afterAll(() => rm(cluster, { recursive: true, force: true }));

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-embedded-"));
  if (isRoot) await chmod(folder, 0o711);
  return folder;
}

let dataDir: string;
let paths: EmbeddedPaths;
beforeEach(async () => {
  dataDir = await makeFolder();
  paths = embeddedPaths(dataDir);
});
afterEach(async () => {
  const server = await readServerProcess(paths);
  if (server !== null) {
    try {
      process.kill(server.pid, "SIGQUIT");
    } catch {
      // A test killed it already.
    }
  }
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

/** Puts the data of an earlier start, stopped in good order, into the data folder: quicker than a first start. */
function startedBefore(): void {
  execFileSync("cp", ["-a", join(cluster, "postgres"), dataDir]);
}

const program = (options: ProgramOptions = {}): Program =>
  startProgram(new URL("./fixtures/open-database.ts", import.meta.url), {
    ...options,
    env: { LATCHKEY_DATA_DIR: dataDir, ...options.env },
  });

/** Starts a program and waits until it has the database open. */
async function opened(options?: ProgramOptions): Promise<Program> {
  const started = program(options);
  expect(await started.line()).toBe("open");
  return started;
}

async function closes(open: Program): Promise<void> {
  open.say("close");
  expect(await open.line()).toBe("closed");
  expect(await open.ended).toEqual({ code: 0, signal: null });
}

/** What its database says: the project that the first migration made. */
async function ask(open: Program): Promise<string> {
  open.say("ask");
  return await open.line();
}

async function serverPid(): Promise<number | undefined> {
  return (await readServerProcess(paths))?.pid;
}

function succeeds([command = "", ...args]: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    // A killed server may stay a zombie until its parent, or whoever adopted it, asks how it ended.
    return !/\) Z /.test(execFileSync("cat", [`/proc/${pid}/stat`], { encoding: "utf8" }));
  } catch {
    return false;
  }
}

describe("processes with one data folder", () => {
  test("share a server that the first starts and the last stops", async () => {
    startedBefore();
    await using first = await opened();
    const pid = await serverPid();
    await using second = await opened();
    expect(await serverPid()).toBe(pid);
    await closes(first);
    expect(isAlive(pid)).toBe(true);
    expect(await ask(second)).toBe("default");
    await closes(second);
    expect(await serverPid()).toBeUndefined();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test("make one server when they start at once, on first start too", async () => {
    await using stack = new AsyncDisposableStack();
    const programs = [1, 2, 3, 4].map(() => stack.use(program()));
    expect(await Promise.all(programs.map((one) => one.line()))).toEqual(["open", "open", "open", "open"]);
    expect(new Set(await Promise.all(programs.map(ask)))).toEqual(new Set(["default"]));
    expect(
      programs
        .map((one) => one.stderr())
        .join("")
        .match(/embedded Postgres started/g),
    ).toHaveLength(1);
    const pid = await serverPid();
    await Promise.all(programs.map(closes));
    expect(await serverPid()).toBeUndefined();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test("come and go without ever meeting a server that is just being stopped", async () => {
    startedBefore();
    const rounds = async () => {
      for (let round = 0; round < 3; round += 1) {
        await using one = await opened();
        expect(await ask(one)).toBe("default");
        await closes(one);
      }
    };
    await Promise.all([rounds(), rounds(), rounds()]);
    expect(await serverPid()).toBeUndefined();
  });

  test("may be two in one process", async () => {
    startedBefore();
    const first = await openDatabase({ dataDir, log });
    const second = await openDatabase({ dataDir, log });
    await first.close();
    expect(await second.kysely.selectFrom("projects").selectAll().execute()).toHaveLength(1);
    await second.close();
    expect(await serverPid()).toBeUndefined();
  });
});

describe("after a crash", () => {
  test("of Latchkey, the server it left is joined by the next, who stops it", async () => {
    startedBefore();
    await using killed = await opened();
    const pid = await serverPid();
    killed.kill("SIGKILL");
    await killed.ended;
    expect(isAlive(pid)).toBe(true);
    await using next = await opened();
    expect(await serverPid()).toBe(pid);
    await closes(next);
    expect(await serverPid()).toBeUndefined();
  });

  test("of the server, a process that uses it starts it again, at the same address", async () => {
    startedBefore();
    await using open = await opened();
    await using second = await opened();
    const pid = await serverPid();
    const record = await readRecord(paths);
    process.kill(pid ?? 0, "SIGKILL");
    const another = async () => {
      const server = await readServerProcess(paths);
      return server?.pid !== pid && server?.ready === true;
    };
    await expect.poll(another, { timeout: 20_000 }).toBe(true);
    expect(await ask(open)).toBe("default");
    expect(await ask(second)).toBe("default");
    expect(await readRecord(paths)).toEqual(record);
    await closes(open);
    await closes(second);
    expect(await serverPid()).toBeUndefined();
  });

  test("of the server, whose data was removed, no empty one takes its place", async () => {
    startedBefore();
    await using open = await opened();
    const pid = (await serverPid()) ?? 0;
    // The server writes on while its files are removed.
    await rm(paths.folder, { recursive: true, maxRetries: 10 });
    // It may have ended of itself by now, for want of one of them.
    sendSignal(pid, "SIGKILL");
    await expect
      .poll(() => open.stderr(), { timeout: 20_000 })
      .toMatch(/The data of the embedded Postgres, .*, was removed while it was in use/);
    expect(await ask(open)).toMatch(/^database_unavailable/);
    expect(await open.ended).toEqual({ code: 0, signal: null });
    await expect(stat(paths.folder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("of both, the next start recovers with the data in place", async () => {
    startedBefore();
    await using killed = await opened();
    process.kill((await serverPid()) ?? 0, "SIGKILL");
    killed.kill("SIGKILL");
    await killed.ended;
    await using next = await opened();
    expect(await ask(next)).toBe("default");
    await closes(next);
  });

  test("a process that got the dead server's number is not taken for it", async () => {
    startedBefore();
    const mine = `${process.pid}\n${paths.data}\n1\n1\n\n127.0.0.1\n1 1\nready\n`;
    await writeFile(join(paths.data, "postmaster.pid"), mine, { mode: 0o600 });
    await using next = await opened();
    expect(await ask(next)).toBe("default");
    await closes(next);
  });

  test("what a broken first start left behind is cleared away", async () => {
    await mkdir(join(paths.folder, "initdb-0123"), { recursive: true });
    if (isRoot) await chmod(paths.folder, 0o711);
    await writeFile(join(paths.folder, "initdb-0123", "PG_VERSION"), "18\n");
    await writeFile(paths.password, "half", { mode: 0o600 });
    await closes(await opened());
    await expect(stat(join(paths.folder, "initdb-0123"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("what others can see", () => {
  test("is no password, in no process list, and nothing of our environment in the server's", async () => {
    startedBefore();
    await using open = await opened({ env: { LATCHKEY_MASTER_KEY: "a-key-of-ours" } });
    const password = (await readFile(paths.password, "utf8")).trim();
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect((await stat(paths.password)).mode & 0o777).toBe(0o600);
    expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(password);
    const environment = await readFile(`/proc/${await serverPid()}/environ`, "utf8");
    expect(environment).not.toMatch(/LATCHKEY|a-key-of-ours/);
    expect(open.stderr()).not.toContain(password);
    await closes(open);
  });

  test("is locks that only we can hold", async () => {
    await closes(await opened());
    expect((await stat(paths.gate)).mode & 0o777).toBe(0o600);
    expect((await stat(paths.users)).mode & 0o777).toBe(0o600);
  });
});

describe("a data folder that cannot be used", () => {
  test("of another major version is named with both versions", async () => {
    startedBefore();
    await writeFile(join(paths.data, "PG_VERSION"), "9\n");
    await using next = program();
    expect(await next.line()).toMatch(
      /^database_unavailable: The data in .*\/postgres\/data is of Postgres 9, and Latchkey brings \d+: move it over/,
    );
    expect(await next.ended).toEqual({ code: 0, signal: null });
  });

  test("whose password file is gone is not started with a guess", async () => {
    startedBefore();
    await rm(paths.password);
    await using next = program();
    expect(await next.line()).toMatch(
      /^database_unavailable: The password of .*\/postgres\/password, cannot/,
    );
  });

  test("that a process elsewhere uses is not started a second time", async () => {
    startedBefore();
    // As another container would leave it: in use, by a server whose number means nothing here.
    using _elsewhere = tryFileLock(paths.users, "shared");
    await writeRecord(paths, { port: 1, pidNamespace: "pid:[1]" });
    await writeFile(
      join(paths.data, "postmaster.pid"),
      `4190001\n${paths.data}\n1\n1\n\n127.0.0.1\n1 1\nready\n`,
      { mode: 0o600 },
    );
    await using next = program();
    expect(await next.line()).toMatch(
      /^database_unavailable: The data folder .* is in use in another container or process namespace, whose Postgres \(pid 4190001 there\)/,
    );
    await rm(join(paths.data, "postmaster.pid"));
  });

  test("that was left by a container which is gone is taken over", async () => {
    startedBefore();
    await writeRecord(paths, { port: 1, pidNamespace: "pid:[1]" });
    await writeFile(
      join(paths.data, "postmaster.pid"),
      `${process.pid}\n${paths.data}\n1\n1\n\n127.0.0.1\n1 1\nready\n`,
      { mode: 0o600 },
    );
    await using next = await opened();
    expect(await ask(next)).toBe("default");
    expect((await readRecord(paths))?.pidNamespace).toBe(await pidNamespace());
    await closes(next);
  });
});

describe.runIf(isRoot)("as root", () => {
  test("the server runs as an unprivileged user", async () => {
    startedBefore();
    await using open = await opened();
    const status = await readFile(`/proc/${await serverPid()}/status`, "utf8");
    expect(status).toMatch(/^Uid:\t(?!0\t)\d+/m);
    expect(status).toMatch(/^Groups:\t *$/m);
    await closes(open);
  });

  test("a folder the server's user cannot pass through is named", async () => {
    const closed = join(dataDir, "closed");
    await mkdir(closed, { mode: 0o700 });
    await using next = program({ env: { LATCHKEY_DATA_DIR: join(closed, "below") } });
    expect(await next.line()).toMatch(
      new RegExp(
        `^database_unavailable: Postgres cannot run as root, .* cannot pass through ${closed}: run \`chmod o\\+x ${closed}\``,
      ),
    );
  });

  test("an ordinary user has a server of their own", async () => {
    const uid = 65_534;
    await chown(dataDir, uid, uid);
    await using open = await opened({ uid, gid: uid });
    expect((await stat(paths.data)).uid).toBe(uid);
    expect((await stat(paths.folder)).mode & 0o777).toBe(0o700);
    expect(await ask(open)).toBe("default");
    await closes(open);
  });

  test("an ordinary user is told whose data folder it is", async () => {
    startedBefore();
    await using next = program({ uid: 65_533, gid: 65_533 });
    expect(await next.line()).toMatch(/^database_unavailable: .*run Latchkey as .* set LATCHKEY_DATA_DIR/);
  });

  test.runIf(mayBeApart)(
    "two real process namespaces without a common network do not share the data",
    async () => {
      startedBefore();
      await using open = await opened();
      await using next = program({ under: apart });
      expect(await next.line()).toMatch(/is in use in another container or process namespace/);
      expect(await ask(open)).toBe("default");
      await closes(open);
      const withLoopback = ["sh", "-c", 'ip link set lo up; exec "$@"', "sh"];
      await using alone = program({ under: [...apart, ...withLoopback] });
      expect(await alone.line()).toBe("open");
      expect(await ask(alone)).toBe("default");
      await closes(alone);
    },
  );
});
