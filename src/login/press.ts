import type { Page } from "playwright-core";
import type { Activity } from "./activity.ts";
import { clickOn } from "./direct-input.ts";
import type { Observed, Target } from "./observe.ts";

/** What lies over a button that submits the login is given so long to go away. */
export const clickTimeoutMs = 1_500;
/** What lies over another one (a notice, a chat bubble) will hardly go away by itself. */
const hopelessTimeoutMs = 300;
/** Clicks a button or link that submits no credentials. */
export async function clickControl({
  ref,
  reachable,
  page,
  observed,
  activity,
}: {
  ref: string;
  /** It was in view, and nothing lay over it. */
  reachable: boolean;
  page: Page;
  observed: Observed;
  activity: Activity;
}): Promise<void> {
  activity.mark();
  const timeoutMs = reachable ? clickTimeoutMs : hopelessTimeoutMs;
  const target = observed.target(ref);
  await press({ page, target, activity, timeoutMs, coveredTimeoutMs: hopelessTimeoutMs });
}

/**
 * Clicks where the element is seen. When something keeps lying over it (a toast, a chat bubble), the element is told
 * of a click instead. Throws when neither was possible.
 */
async function press({
  page,
  target,
  activity,
  timeoutMs = clickTimeoutMs,
  coveredTimeoutMs = clickTimeoutMs,
}: {
  page: Page;
  target: Target;
  activity: Activity;
  timeoutMs?: number;
  coveredTimeoutMs?: number;
}): Promise<void> {
  const outcome = await clickOn({ page, target });
  if (outcome === "clicked") return;
  const element = await target.element();
  try {
    const timeout = outcome === "covered" ? coveredTimeoutMs : timeoutMs;
    await element.click({ timeout, noWaitAfter: true });
  } catch (error) {
    if (activity.submittedSinceMark()) return;
    const said = await element.evaluate((told) => {
      if (!told.isConnected || !(told instanceof HTMLElement)) return false;
      told.click();
      return true;
    });
    if (!said) throw error;
  }
}

/** False when the button is gone and nothing was sent: Enter may do. */
export async function pressed(options: { page: Page; target: Target; activity: Activity }): Promise<boolean> {
  try {
    await press(options);
    return true;
  } catch {
    return options.activity.submittedSinceMark();
  }
}
