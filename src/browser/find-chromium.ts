import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { Failure } from "../failure.ts";

/** Names under which systems install a Chromium, the plain one first. */
const systemNames = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "microsoft-edge-stable",
];

/** Where installers put it when no folder on the PATH has it. */
const systemPaths = [
  "/usr/lib/chromium/chromium",
  "/snap/bin/chromium",
  "/opt/google/chrome/chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export interface FoundChromium {
  path: string;
  from: "setting" | "playwright" | "system";
}

export interface FindChromiumOptions {
  /** `CHROMIUM_PATH`. When given it is the only one tried. */
  configured?: string | undefined;
  /** The `PATH` to look in; empty when unset. */
  searchPath?: string | undefined;
}

/**
 * The Chromium to start: the configured one, else a Playwright-managed one, else the system's.
 * @throws Failure `browser_unavailable` when there is none.
 */
export function findChromium({ configured, searchPath = "" }: FindChromiumOptions): FoundChromium {
  if (configured !== undefined) {
    if (isExecutable(configured)) return { path: configured, from: "setting" };
    throw new Failure("browser_unavailable", `CHROMIUM_PATH is not an executable file: ${configured}`);
  }
  const managed = managedPath();
  if (managed !== undefined && isExecutable(managed)) return { path: managed, from: "playwright" };

  const folders = searchPath.split(delimiter).filter(Boolean);
  const candidates = systemNames.flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = [...candidates, ...systemPaths].find(isExecutable);
  if (path !== undefined) return { path, from: "system" };

  throw new Failure(
    "browser_unavailable",
    "No Chromium was found. Install one (`apt-get install chromium`, or `npx playwright-core install chromium`), or set CHROMIUM_PATH.",
  );
}

/** Where Playwright would put its own, whether or not it is there. */
function managedPath(): string | undefined {
  try {
    return chromium.executablePath();
  } catch {
    // Playwright has no build for this platform.
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
