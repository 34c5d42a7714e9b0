import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import xterm from "@xterm/headless";
import { shellWord } from "../../src/cli/format.ts";
import { chromiumSetting } from "./chromium-choice.ts";

const cli = resolve("bin/latchkey.js");

/** A `latchkey` process in a terminal of its own, as wide as it is told: a real terminal's emulator takes what it writes. */
export interface TerminalProcess extends AsyncDisposable {
  /** Everything the terminal was sent so far: text, colours and cursor movements. */
  output(): string;
  /** What a person sees now: the lines of the screen and those that scrolled away, without what is blank at their ends. */
  screen(): Promise<string[]>;
  /** Every different state of the screen so far, as it was after each piece the process wrote. */
  screens(): Promise<string[][]>;
  /** Resolves when the text was shown. Fails when the process ends first. */
  shows(text: string): Promise<void>;
  /** Presses keys: `\r` is Enter, `\x03` is Ctrl-C. */
  type(keys: string): void;
  /** Makes the window so wide, as somebody who drags its edge. */
  resize(columns: number): Promise<void>;
  /** Its exit code, and what it showed, without colours and cursor movements. */
  ended(): Promise<{ code: number | null; shown: string }>;
}

export interface TerminalOptions {
  /** 80 unless given. */
  columns?: number;
}

const rows = 40;

/** Starts `latchkey …` in a terminal, which util-linux's `script` makes. */
export function startInTerminal(
  args: string[],
  environment: Record<string, string>,
  { columns = 80 }: TerminalOptions = {},
): TerminalProcess {
  const { PATH, HOME } = process.env;
  const command = ["exec", process.execPath, cli, ...args].map(shellWord).join(" ");
  const child = spawn("script", ["-qefc", `stty cols ${columns} rows ${rows}; ${command}`, "/dev/null"], {
    env: {
      PATH,
      HOME,
      TERM: "xterm-256color",
      SHELL: "/bin/sh",
      CHROMIUM_PATH: chromiumSetting(),
      ...environment,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const emulator = new xterm.Terminal({ cols: columns, rows, scrollback: 2_000, allowProposedApi: true });
  const seen: string[][] = [];
  let drawn: Promise<void> = Promise.resolve();
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    drawn = drawn.then(async () => {
      await new Promise<void>((done) => emulator.write(text, done));
      const lines = linesOf(emulator);
      if (lines.join("\n") !== seen.at(-1)?.join("\n")) seen.push(lines);
    });
  });
  const closed = once(child, "close");
  closed.catch(() => {});

  return {
    output: () => output,
    async screen() {
      await drawn;
      return linesOf(emulator);
    },
    async screens() {
      await drawn;
      return seen;
    },
    async shows(text) {
      while (!stripVTControlCharacters(output).includes(text)) {
        if (child.exitCode !== null) throw new Error(`It ended without showing "${text}":\n${output}`);
        await Promise.race([once(child.stdout, "data"), closed]);
      }
    },
    type: (keys) => void child.stdin.write(keys),
    async resize(to) {
      await drawn;
      emulator.resize(to, rows);
      const stty = spawn("stty", ["-F", await terminalOf(child.pid ?? 0), "cols", String(to)]);
      await once(stty, "close");
    },
    async ended() {
      await closed;
      return { code: child.exitCode, shown: stripVTControlCharacters(output).replaceAll("\r\n", "\n") };
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await closed;
      await drawn;
      emulator.dispose();
    },
  };
}

function linesOf(emulator: xterm.Terminal): string[] {
  const { active } = emulator.buffer;
  const lines = Array.from(
    { length: active.length },
    (_, row) => active.getLine(row)?.translateToString(true) ?? "",
  );
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}

/** The terminal that `script` has made for what it runs. */
async function terminalOf(pid: number): Promise<string> {
  const ps = spawn("ps", ["-o", "tty=", "--ppid", String(pid)]);
  let text = "";
  ps.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(ps, "close");
  const [name] = /pts\/\d+/.exec(text) ?? [];
  if (name === undefined) throw new Error("The terminal was not found.");
  return `/dev/${name}`;
}
