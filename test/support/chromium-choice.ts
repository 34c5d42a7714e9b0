import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Which Chromium a test is on. */
export interface ChromiumChoice {
  /**
   * The Chromium that Latchkey finds by itself, for what differs between it and its headless shell, or is about how
   * Latchkey finds, starts and ends it. A launch of it is three times the work: whoever asks for it says why.
   */
  wholeChromium?: boolean;
}

/**
 * What `CHROMIUM_PATH` is for a test: Chromium's headless shell, which is the same engine, where there is one and
 * nobody set another; empty where Latchkey is to look for itself.
 */
export function chromiumSetting({ wholeChromium = false }: ChromiumChoice = {}): string {
  const chosen = process.env["CHROMIUM_PATH"];
  if (chosen !== undefined || wholeChromium) return chosen ?? "";
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return (
    folders.map((folder) => join(folder, "chromium-headless-shell")).find((path) => existsSync(path)) ?? ""
  );
}
