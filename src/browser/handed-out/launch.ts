import { type ChildProcess, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import { chromiumFlags } from "../chromium-flags.ts";
import { chromiumEnvironment, hasScreen, hasSharedMemory, temporaryFolder } from "../launch-chromium.ts";
import { killGroup } from "../processes.ts";
import { writePreferences } from "../profile-preferences.ts";
import { type SandboxSetting, wantsSandbox } from "../sandbox.ts";
import { within } from "../waiting.ts";
import { createChromiumFolder, noteProcessGroup, removeChromiumFolder } from "../worker-folder.ts";
import { noDevToolsRule, pickDevToolsPort } from "./dev-tools-port.ts";
import { openVirtualScreen, type VirtualScreen } from "./virtual-screen.ts";

/** A Chromium of one session's own, which somebody drives over CDP: whoever does sees all that is in it. */
export interface HandedOutChromium extends AsyncDisposable {
  /** `ws://127.0.0.1:<port>/devtools/browser/<id>`: on loopback, for this process to connect to. */
  readonly endpoint: string;
  /** The process group that holds all its processes. */
  readonly group: number;
  /** Where downloads go; removed with it. */
  readonly downloadsDir: string;
  /** For files that pages are to be given; removed with it. */
  readonly uploadsDir: string;
  /** Aborted when it has ended, whatever ended it; its reason is a Failure. */
  readonly lost: AbortSignal;
  /** Ends it at once, with all its processes, and removes its folder. Idempotent. */
  close(): Promise<void>;
}

/** What cannot be changed any more once it has started. */
export interface ChromiumShape {
  /** `http://host:port`, `socks5://…`. */
  proxyServer?: string | undefined;
  /** In CSS pixels. */
  window: { width: number; height: number };
  /** On this machine's screen, or a virtual one where it has none. */
  headed?: boolean;
}

export interface LaunchHandedOutOptions extends ChromiumShape {
  executablePath: string;
  sandbox: SandboxSetting;
  log: Logger;
}

const startMs = 30_000;
/** Chromium's word for a port that somebody else got first. */
const portTakenMessage = "Another process took its DevTools port.";
const portTaken = /Cannot start http server for devtools/;
/** The stream Chromium reads commands from. Nobody gives it any, but it ends when the stream does. */
const commandStream = 3;
const answerStream = 4;

/**
 * Starts it with a DevTools port on loopback that no page of it can reach, and with a pipe besides: it ends by itself when
 * this process dies.
 * @throws Failure `browser_unavailable`
 */
export async function launchHandedOut(options: LaunchHandedOutOptions): Promise<HandedOutChromium> {
  const sandbox = wantsSandbox({ setting: options.sandbox, executablePath: options.executablePath });
  try {
    return await launch(options, sandbox);
  } catch (error) {
    // Only a start tells whether a container's rules let the sandbox work, and whether the port was still free.
    const without = sandbox && options.sandbox === "auto";
    if (!without && !isPortTaken(error)) throw error;
    return await launch(options, without ? false : sandbox);
  }
}

const isPortTaken = (error: unknown): boolean =>
  error instanceof Failure && error.cause instanceof Error && error.cause.message === portTakenMessage;

async function launch(options: LaunchHandedOutOptions, sandbox: boolean): Promise<HandedOutChromium> {
  const { log, headed = false } = options;
  const folder = await createChromiumFolder();
  const downloadsDir = join(folder, "downloads");
  const uploadsDir = join(folder, "uploads");
  let child: ChildProcess | undefined;
  let screen: VirtualScreen | undefined;
  try {
    const profileDir = join(folder, "profile");
    await Promise.all([
      writePreferences(profileDir, downloadsDir),
      mkdir(downloadsDir),
      mkdir(uploadsDir, { mode: 0o700 }),
    ]);
    const sharedMemory = await hasSharedMemory();
    const flags = chromiumFlags({ profileDir, sandbox, headed, sharedMemory });
    screen =
      headed && !hasScreen(process.env)
        ? await openVirtualScreen({ ...withBars(options.window), folder })
        : undefined;
    const display = screen === undefined ? {} : { DISPLAY: screen.display };
    const port = await pickDevToolsPort();
    child = spawn(options.executablePath, [...flags, ...ownFlags(options, port)], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
      env: { ...chromiumEnvironment(process.env), ...temporaryFolder(folder), ...display },
    });
    const endpoint = await endpointOf(child);
    await noteProcessGroup(folder, child.pid ?? 0);
    return owned({ child, endpoint, folder, downloadsDir, uploadsDir, screen, log });
  } catch (error) {
    if (child?.pid !== undefined) killGroup(child.pid);
    await screen?.[Symbol.asyncDispose]();
    await removeChromiumFolder(folder).catch(() => undefined);
    if (error instanceof Failure) throw error;
    log.warn({ err: error, sandbox }, "Chromium did not start");
    throw new Failure("browser_unavailable", `Chromium did not start (${options.executablePath}).`, {
      cause: error,
    });
  }
}

/** The tab strip and the address bar are on the screen too. */
const withBars = ({ width, height }: ChromiumShape["window"]) => ({
  width: width + 50,
  height: height + 200,
});

function ownFlags({ proxyServer, window }: LaunchHandedOutOptions, port: number): string[] {
  return [
    `--remote-debugging-port=${port}`,
    noDevToolsRule,
    // As the sessions of runs have it.
    "--lang=en-US",
    `--window-size=${window.width},${window.height}`,
    "--window-position=0,0",
    ...(proxyServer === undefined
      ? []
      : [
          `--proxy-server=${proxyServer}`,
          "--proxy-bypass-list=<-loopback>",
          // Or a page's WebRTC would go past the proxy: to this machine's network, and with its own address.
          "--webrtc-ip-handling-policy=disable_non_proxied_udp",
          // The same to Chromium's headless shell, which knows no other name of it.
          "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        ]),
  ];
}

/** Where it says that it listens. */
async function endpointOf(child: ChildProcess): Promise<string> {
  const words = child.stderr as Readable;
  let said = "";
  const listening = new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`Chromium ended: ${said.slice(-2_000)}`)));
    words.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const endpoint = /DevTools listening on (ws:\/\/127\.0\.0\.1:\S+)/.exec(said)?.[1];
      if (endpoint !== undefined) resolve(endpoint);
      else if (portTaken.test(said)) reject(new Error(portTakenMessage));
    });
  });
  if (!(await within(startMs, listening))) {
    listening.catch(() => undefined);
    throw new Error(`Chromium did not listen within ${startMs} ms: ${said.slice(-2_000)}`);
  }
  const endpoint = await listening;
  words.removeAllListeners("data").resume();
  return endpoint;
}

function owned({
  child,
  endpoint,
  folder,
  downloadsDir,
  uploadsDir,
  screen,
  log,
}: {
  child: ChildProcess;
  endpoint: string;
  folder: string;
  downloadsDir: string;
  uploadsDir: string;
  screen: VirtualScreen | undefined;
  log: Logger;
}): HandedOutChromium {
  const group = child.pid ?? 0;
  const gone = new AbortController();
  const { promise: exited, resolve: exit } = Promise.withResolvers<void>();
  if (child.exitCode !== null || child.signalCode !== null) exit();
  child.once("exit", () => exit());
  void exited.then(() => gone.abort(new Failure("browser_crashed", "The browser died.")));
  const commands = child.stdio[commandStream] as Writable;
  commands.on("error", () => undefined);
  (child.stdio[answerStream] as Readable).resume();

  // Nothing of it is kept, so it is given no time to write its profile.
  const end = async () => {
    killGroup(group);
    await exited;
    await screen?.[Symbol.asyncDispose]();
    await removeChromiumFolder(folder).catch((error: unknown) => {
      log.warn({ folder, err: error }, "browser folder not removed");
    });
  };
  let ending: Promise<void> | undefined;
  const close = () => (ending ??= end());
  return {
    endpoint,
    group,
    downloadsDir,
    uploadsDir,
    lost: gone.signal,
    close,
    [Symbol.asyncDispose]: close,
  };
}
