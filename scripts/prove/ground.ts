import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/log.ts";
import { openParts, type Parts } from "../../src/parts.ts";
import { createRedactor } from "../../src/redact.ts";

const root = join(import.meta.dirname, "../..");

/** A Latchkey of the proof's own: a data folder, a `latchkey start` process on it, and commands beside it. */
export interface Ground extends AsyncDisposable {
  /** For logs and copies; removed with the ground. */
  readonly scratch: string;
  /** This process's own parts on the same data, for what no command does. */
  readonly parts: Parts;
  /** What a command that is asked for `--json` prints. @throws Error where it prints none */
  latchkey(args: string[], options?: { stdin?: unknown }): Promise<unknown>;
  /** `latchkey code <run>`. @throws Error where it is not taken */
  handIn(runId: string, code: string): Promise<void>;
  /** The lines the worker has logged. */
  logged(): Record<string, unknown>[];
}

export async function openGround({ signal }: { signal: AbortSignal }): Promise<Ground> {
  await using opening = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(tmpdir(), "latchkey-prove-"));
  opening.defer(() => rm(scratch, { recursive: true, force: true }));
  // As root, Postgres runs as another user, who has to pass through.
  await chmod(scratch, 0o711);
  const environment = {
    ...process.env,
    DATABASE_URL: "",
    REDIS_URL: "",
    LATCHKEY_MASTER_KEY: "",
    LATCHKEY_DATA_DIR: join(scratch, "data"),
    LATCHKEY_FLOWS_DIR: join(import.meta.dirname, "flows"),
    LATCHKEY_PORT: "0",
    // Each attempt counts here: one that is made again would hide what the first came to.
    LATCHKEY_ATTEMPTS: "1",
  };

  const worker = startWorker({ ...environment, LATCHKEY_LOG_LEVEL: "info", LATCHKEY_LOG_FORMAT: "json" });
  opening.use(worker);
  await worker.up(signal);

  const redactor = createRedactor();
  const log = createLogger({ level: "error", format: "auto", redactor });
  const parts = opening.use(openParts({ config: readConfig(environment), log, redactor }));
  const opened = opening.move();
  return {
    scratch,
    parts,
    logged: worker.logged,
    async latchkey(args, { stdin } = {}) {
      const given = stdin === undefined ? "" : JSON.stringify(stdin);
      const { stdout, stderr } = await runCommand([...args, "--json"], { environment, signal, stdin: given });
      try {
        return JSON.parse(stdout) as unknown;
      } catch (cause) {
        throw new Error(`latchkey ${args[0]} printed no JSON:\n${stderr.trim() || stdout.trim()}`, { cause });
      }
    },
    async handIn(runId, code) {
      const { exitCode, stderr } = await runCommand(["code", runId], { environment, signal, stdin: code });
      if (exitCode !== 0) throw new Error(`latchkey code: ${stderr.trim()}`);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Worker extends AsyncDisposable {
  up(signal: AbortSignal): Promise<void>;
  logged(): Record<string, unknown>[];
}

function startWorker(environment: NodeJS.ProcessEnv): Worker {
  const child = start(["start"], environment);
  child.stdin?.end();
  let said = "";
  let logged = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (logged += chunk.toString()));
  const ended = once(child, "close");
  ended.catch(() => {});
  return {
    async up(signal) {
      while (!said.includes("Latchkey is up")) {
        signal.throwIfAborted();
        if (child.exitCode !== null) throw new Error(`The worker did not start:\n${said}${logged}`);
        await Promise.race([once(child.stdout ?? child, "data"), ended]);
      }
    },
    logged: () =>
      logged
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}

function start(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [join(root, "bin/latchkey.js"), ...args], {
    cwd: root,
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function runCommand(
  args: string[],
  { environment, signal, stdin }: { environment: NodeJS.ProcessEnv; signal: AbortSignal; stdin: string },
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  signal.throwIfAborted();
  const child = start(args, environment);
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin?.end(stdin);
  await once(child, "close");
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  return { exitCode: child.exitCode, stdout, stderr };
}
