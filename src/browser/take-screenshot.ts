import type { Page } from "playwright-core";
import type { Redactor } from "../redact.ts";
import { secretLocators } from "./mask-secrets.ts";
import { attempt } from "./waiting.ts";

export interface ScreenshotOptions {
  page: Page;
  redactor: Redactor;
  fullPage?: boolean;
  /** Longest it may take, in milliseconds: a page that hangs or has crashed answers nothing. */
  withinMs: number;
}

/**
 * A PNG of the page with its secrets masked, or undefined when the page gives none in time. There is never one
 * without the masks: a page whose fields cannot be found is not photographed.
 */
export async function takeScreenshot({
  page,
  redactor,
  fullPage = false,
  withinMs,
}: ScreenshotOptions): Promise<Buffer | undefined> {
  return attempt(withinMs, async () => {
    const mask = await secretLocators({ page, redactor });
    return page.screenshot({ mask, maskColor: "#5b5b66", fullPage, timeout: withinMs, caret: "initial" });
  });
}
