import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { pino } from "pino";
import { type Browser, chromium } from "playwright-core";
import {
  type BrowserPool,
  type BrowserPoolOptions,
  createBrowserPool,
} from "../../src/browser/browser-pool.ts";
import { findChromium } from "../../src/browser/find-chromium.ts";
import { createOpenSession } from "../../src/browser/open-session.ts";
import { createLocalProvider } from "../../src/browser/providers/local.ts";
import type { OpenSession } from "../../src/browser/session.ts";
import { type ChromiumChoice, chromiumSetting } from "./chromium-choice.ts";

/** The Chromium under test: its headless shell where there is one, unless a test or `CHROMIUM_PATH` wants another. */
export function chromiumPath(choice: ChromiumChoice = {}): string {
  const setting = chromiumSetting(choice);
  return findChromium({
    configured: setting === "" ? undefined : setting,
    searchPath: process.env["PATH"],
  }).path;
}

/** The real Chromium, for tests that drive a page by hand. One per test file; closed by `await using` or `afterAll`. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-quic",
      "--no-first-run",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
}

export const silent = pino({ level: "silent" });

/** A pool on the real Chromium. */
export function testPool({
  wholeChromium = false,
  ...options
}: Partial<BrowserPoolOptions> & ChromiumChoice = {}): BrowserPool {
  return createBrowserPool({
    executablePath: chromiumPath({ wholeChromium }),
    sandbox: "auto",
    recycleContexts: 1_000,
    recycleMemoryMb: 100_000,
    log: silent,
    ...options,
  });
}

/** `openSession` on a pool. */
export function testOpenSession(pool: BrowserPool): OpenSession {
  return createOpenSession({
    providers: [createLocalProvider({ pool })],
    defaultProvider: "local",
    log: silent,
  });
}

export interface TestProcess {
  pid: number;
  parent: number;
  group: number;
  command: string;
}

/** Living processes that descend from this one and run Chromium, or its screen: those a test has not yet ended. */
export function ownChromiums(root = process.pid): TestProcess[] {
  const processes = listProcesses();
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const descends = (one: TestProcess | undefined): boolean =>
    one !== undefined && (one.parent === root || descends(byPid.get(one.parent)));
  return processes.filter((one) => /chrom|^Xvfb/i.test(one.command) && descends(one));
}

/** Living processes of a group, whoever their parent is by now. */
export function processesOfGroup(group: number): TestProcess[] {
  return listProcesses().filter((one) => one.group === group);
}

/** The folders browsers of this process, or of another, keep in the temporary folder. */
export function chromiumFolders(pid = process.pid): string[] {
  return readdirSync(tmpdir()).filter((name) => new RegExp(`^latchkey-chromium-\\d+-${pid}-`).test(name));
}

function listProcesses(): TestProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") return [];
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      return [{ pid: Number(name), parent: Number(parent), group: Number(group), command }];
    } catch {
      return [];
    }
  });
}

/** Call it when a suite is done: throws if any Chromium of this process, or any folder of one, is still there. */
export function assertNoChromiumLeft(): void {
  const left = [...ownChromiums().map(({ command }) => command.slice(0, 120)), ...chromiumFolders()];
  if (left.length > 0) throw new Error(`Left behind:\n${left.join("\n")}`);
}
