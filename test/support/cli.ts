import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { type ChromiumChoice, chromiumSetting } from "./chromium-choice.ts";

const cli = resolve("bin/latchkey.js");

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A `latchkey` process; what starts it ends it. */
export interface CliProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it wrote so far, both streams. */
  output(): string;
  /** Resolves when its output contains the text. Fails when it ends first. */
  says(text: string): Promise<void>;
  ended(): Promise<CliResult>;
}

export interface CliOptions extends ChromiumChoice {
  stdin?: string;
}

/** Starts `latchkey …` as a user would, on the ground the environment names. */
export function startCli(
  args: string[],
  environment: Record<string, string>,
  { stdin, wholeChromium = false }: CliOptions = {},
): CliProcess {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [cli, ...args], {
    env: {
      PATH,
      HOME,
      CHROMIUM_PATH: chromiumSetting(),
      ...environment,
      ...(wholeChromium ? { CHROMIUM_PATH: chromiumSetting({ wholeChromium }) } : {}),
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(stdin ?? "");
  const closed = once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr }));
  closed.catch(() => {});

  return {
    child,
    pid: child.pid ?? 0,
    output: () => stdout + stderr,
    async says(text) {
      while (!`${stdout}${stderr}`.includes(text)) {
        const more = Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), closed]);
        await more;
        if (child.exitCode !== null && !`${stdout}${stderr}`.includes(text)) {
          throw new Error(`It ended without saying "${text}":\n${stdout}${stderr}`);
        }
      }
    },
    ended: () => closed,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await closed;
    },
  };
}

/** Runs `latchkey …` to its end. */
export async function latchkey(
  args: string[],
  environment: Record<string, string>,
  options: CliOptions = {},
): Promise<CliResult> {
  await using process = startCli(args, environment, options);
  return await process.ended();
}
