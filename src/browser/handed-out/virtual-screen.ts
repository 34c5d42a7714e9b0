import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { Failure } from "../../failure.ts";
import { within } from "../waiting.ts";

/** A screen that nobody looks at, for a browser that is to have a window. */
export interface VirtualScreen extends AsyncDisposable {
  /** Its name, for the variable DISPLAY. */
  readonly display: string;
}

const startMs = 10_000;
const endMs = 2_000;
/** The stream Xvfb writes the number of its display to; the number is of its own choice. */
const displayStream = 3;

/**
 * Starts an Xvfb of the size given, in CSS pixels. It takes no connections from the network, and ends by itself when the
 * browser, its only client, does: also when this process is killed.
 * @throws Failure `browser_unavailable` where there is no Xvfb
 */
export async function openVirtualScreen({
  width,
  height,
  folder,
}: {
  width: number;
  height: number;
  /** For its own few files. */
  folder: string;
}): Promise<VirtualScreen> {
  const child = spawn(
    "Xvfb",
    [
      "-displayfd",
      String(displayStream),
      "-screen",
      "0",
      `${width}x${height}x24`,
      "-nolisten",
      "tcp",
      "-noreset",
      "-terminate",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"], TMPDIR: folder } },
  );
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const end = async () => {
    child.kill();
    if (!(await within(endMs, exited))) child.kill("SIGKILL");
    await exited;
  };
  const display = await displayOf(child, exited);
  if (display === undefined) {
    await end();
    throw new Failure(
      "browser_unavailable",
      "A browser with a window needs a screen, and no virtual one could be started: install Xvfb (`apt-get install xvfb`), or ask for a headless session.",
    );
  }
  return { display, [Symbol.asyncDispose]: end };
}

async function displayOf(child: ChildProcess, exited: Promise<void>): Promise<string | undefined> {
  const told = new Promise<string>((resolve) => {
    let said = "";
    (child.stdio[displayStream] as Readable).on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.endsWith("\n")) resolve(`:${said.trim()}`);
    });
  });
  const inTime = await within(startMs, Promise.race([told, exited]));
  if (!inTime || child.exitCode !== null || child.pid === undefined) return undefined;
  return await Promise.race([told, exited.then(() => undefined)]);
}
