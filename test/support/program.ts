import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Where `bin/latchkey.js` keeps compiled code: what imports the sources starts in two thirds of the work. */
const compiled = resolve("node_modules/.cache/latchkey");

/** A program of ours in a process of its own, talked to by lines: what a test needs to see processes race, die and rejoin. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The next line it prints. Throws, with what it wrote to standard error, if it ends first. */
  line(): Promise<string>;
  say(line: string): void;
  kill(signal: NodeJS.Signals): void;
  /** Settles when it has ended, by itself or not. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stderr(): string;
}

export interface ProgramOptions {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  uid?: number;
  gid?: number;
  /** A command that runs the program, as `["unshare", "--pid"]`. */
  under?: readonly string[];
}

/** Starts a TypeScript program; `await using` kills it if it has not ended. */
export function startProgram(file: URL, options: ProgramOptions = {}): Program {
  const [command = process.execPath, ...args] = [
    ...(options.under ?? []),
    process.execPath,
    fileURLToPath(file),
    ...(options.args ?? []),
  ];
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: compiled, ...options.env },
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const ended = endOf(child);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    async line() {
      const next = await lines.next();
      if (next.done !== true) return next.value;
      const { code, signal } = await ended;
      throw new Error(`The program ended (${signal ?? code}) before its next line: ${errors}`);
    },
    say: (line) => void child.stdin.write(`${line}\n`),
    kill: (signal) => void child.kill(signal),
    ended,
    stderr: () => errors,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  await once(child, "close");
  return { code: child.exitCode, signal: child.signalCode };
}
