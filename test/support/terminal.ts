import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { shellWord } from "../../src/cli/format.ts";

const cli = resolve("bin/latchkey.js");

/** A `latchkey` process in a terminal of its own, 80 columns wide. */
export interface TerminalProcess extends AsyncDisposable {
  /** Everything the terminal was sent so far: text, colours and cursor movements. */
  output(): string;
  /** Resolves when the text was shown. Fails when the process ends first. */
  shows(text: string): Promise<void>;
  /** Presses keys: `\r` is Enter, `\x03` is Ctrl-C. */
  type(keys: string): void;
  /** Its exit code, and what it showed, without colours and cursor movements. */
  ended(): Promise<{ code: number | null; shown: string }>;
}

/** Starts `latchkey …` in a terminal, which util-linux's `script` makes. */
export function startInTerminal(args: string[], environment: Record<string, string>): TerminalProcess {
  const { PATH, HOME } = process.env;
  const command = ["exec", process.execPath, cli, ...args].map(shellWord).join(" ");
  const child = spawn("script", ["-qefc", `stty cols 80 rows 40; ${command}`, "/dev/null"], {
    env: { PATH, HOME, TERM: "xterm-256color", SHELL: "/bin/sh", ...environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close");
  closed.catch(() => {});

  return {
    output: () => output,
    async shows(text) {
      while (!stripVTControlCharacters(output).includes(text)) {
        if (child.exitCode !== null) throw new Error(`It ended without showing "${text}":\n${output}`);
        await Promise.race([once(child.stdout, "data"), closed]);
      }
    },
    type: (keys) => void child.stdin.write(keys),
    async ended() {
      await closed;
      return { code: child.exitCode, shown: stripVTControlCharacters(output).replaceAll("\r\n", "\n") };
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await closed;
    },
  };
}
