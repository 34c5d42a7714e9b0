import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Browser, chromium } from "playwright-core";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import { chromiumFlags } from "./chromium-flags.ts";
import { killGroup, memoryOfGroupMb, processesOfGroup, readProcess } from "./processes.ts";
import { writePreferences } from "./profile-preferences.ts";
import { createChromiumFolder, noteProcessGroup, removeChromiumFolder } from "./worker-folder.ts";

export interface LaunchOptions {
  executablePath: string;
  sandbox: boolean;
  headed: boolean;
  slowMoMs: number;
  log: Logger;
}

/** A Chromium of our own: its processes and its folder go with it. */
export interface Chromium {
  readonly browser: Browser;
  /** The process group that holds all its processes. */
  readonly group: number;
  /** Memory of its processes in MiB, or undefined where that cannot be told. */
  memoryMb(): Promise<number | undefined>;
  /** Ends it, by force if it does not end by itself, and removes its folder. Idempotent. */
  close(): Promise<void>;
}

const closeGraceMs = 5_000;
const launchTimeoutMs = 30_000;

/**
 * Starts a Chromium with a profile folder of its own, driven over a pipe: no port is open, and it ends by itself
 * when this process dies.
 * @throws Failure `browser_unavailable`
 */
export async function launchChromium(options: LaunchOptions): Promise<Chromium> {
  if (options.headed && !hasScreen(process.env)) {
    throw new Failure(
      "browser_unavailable",
      "There is no screen to show a browser on: neither DISPLAY nor WAYLAND_DISPLAY is set. Leave out --headed, or start under `xvfb-run`.",
    );
  }
  const folder = await createChromiumFolder();
  try {
    const browser = await start(options, folder);
    const group = await processGroupOf(browser);
    await noteProcessGroup(folder, group);
    return owned({ browser, group, folder, log: options.log });
  } catch (error) {
    await removeChromiumFolder(folder).catch(() => undefined);
    if (error instanceof Failure) throw error;
    throw new Failure(
      "browser_unavailable",
      `Chromium did not start (${options.executablePath}). Its own words are in the log.`,
      { cause: error },
    );
  }
}

async function start(options: LaunchOptions, folder: string): Promise<Browser> {
  const profileDir = join(folder, "profile");
  const artifactsDir = join(folder, "artifacts");
  await Promise.all([writePreferences(profileDir), mkdir(artifactsDir)]);
  // A persistent context is Playwright's way to name the profile folder; nothing is ever opened in it.
  const context = await chromium.launchPersistentContext(profileDir, {
    executablePath: options.executablePath,
    ignoreDefaultArgs: true,
    args: chromiumFlags({
      profileDir,
      sandbox: options.sandbox,
      headed: options.headed,
      sharedMemory: await hasSharedMemory(),
    }),
    artifactsDir,
    env: { ...chromiumEnvironment(process.env), ...temporaryFolder(folder) },
    headless: !options.headed,
    slowMo: options.slowMoMs,
    timeout: launchTimeoutMs,
    // Signals are main.ts's business: it closes what it built.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const browser = context.browser();
  if (browser === null)
    throw new Failure("browser_unavailable", "Playwright started Chromium without a browser.");
  return browser;
}

async function processGroupOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const pid = processInfo.find(({ type }) => type === "browser")?.id;
  if (pid === undefined) throw new Failure("browser_unavailable", "Chromium did not tell its process id.");
  // Playwright starts it as the leader of its group; a wrapper script that does not `exec` leads instead.
  return (await readProcess(pid))?.group ?? pid;
}

function owned({
  browser,
  group,
  folder,
  log,
}: {
  browser: Browser;
  group: number;
  folder: string;
  log: Logger;
}): Chromium {
  const end = async () => {
    const closed = browser.close().catch(() => undefined);
    const late = Symbol("late");
    const timer = new AbortController();
    const winner = await Promise.race([
      closed,
      delay(closeGraceMs, late, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    if (winner === late) log.warn({ group }, "Chromium did not end by itself and is killed");
    if (winner === late || (await processesOfGroup(group)).length > 0) killGroup(group);
    await closed;
    await removeChromiumFolder(folder).catch((error: unknown) => {
      log.warn({ folder, err: error }, "browser folder not removed");
    });
  };
  let ending: Promise<void> | undefined;
  return { browser, group, memoryMb: () => memoryOfGroupMb(group), close: () => (ending ??= end()) };
}

/** A socket's path has 108 bytes (unix(7)), and Chromium puts one of 46 below its temporary folder. */
export function temporaryFolder(folder: string): Record<string, string> {
  return Buffer.byteLength(folder) + 46 < 108 ? { TMPDIR: folder } : {};
}

/** Whether there is a screen to show a window on. */
export function hasScreen(environment: NodeJS.ProcessEnv): boolean {
  return process.platform !== "linux" || Boolean(environment["DISPLAY"] ?? environment["WAYLAND_DISPLAY"]);
}

/**
 * What Chromium needs of our environment and no more: a page that breaks out of its renderer finds no database URL
 * and no master key there.
 */
export function chromiumEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const wanted =
    /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_.*|DBUS_.*|FONTCONFIG_.*|LD_LIBRARY_PATH|SSL_CERT_.*|NSS_.*|https?_proxy|all_proxy|no_proxy)$/i;
  const kept = Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => wanted.test(entry[0]) && entry[1] !== undefined,
    ),
  );
  // Without a UTF-8 locale it loses the names of downloads that are not plain ASCII.
  const hasLocale = ["LC_ALL", "LC_CTYPE", "LANG"].some(
    (name) => kept[name] !== undefined && kept[name] !== "",
  );
  return hasLocale ? kept : { ...kept, LANG: "C.UTF-8" };
}

const leastSharedMemory = 2 ** 30;

/** Containers give /dev/shm 64 MiB unless told otherwise; pages crash when it runs out. */
export async function hasSharedMemory(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs("/dev/shm");
    return bavail * bsize >= leastSharedMemory;
  } catch {
    return false;
  }
}
