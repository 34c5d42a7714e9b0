import type { Page } from "playwright-core";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import { type Activity, watchActivity } from "./activity.ts";
import { addressOf } from "./address.ts";
import type { Progress } from "./code-form.ts";
import { type Judgement, judgeSignedIn } from "./judge-signed-in.ts";
import { glance } from "./observe.ts";
import type { Site } from "./site.ts";
import type { PageSnapshot } from "./snapshot.ts";
import { visit } from "./visit.ts";

export interface CheckSignedInOptions {
  page: Page;
  sourceUrl: string;
  site?: Site | undefined;
  signal: AbortSignal;
  log: Logger;
}

interface Verdict {
  signedIn: boolean;
  evidence: Judgement["evidence"];
  reason: string;
}

/** How long a page may stay unclear before it counts as signed out, in milliseconds. */
const longestUnclearMs = 10_000;
/** A page whose pictures take longer than this to load is looked at without them, in milliseconds. */
const firstLookMs = 1_000;
/** A page that runs code must stand still for so long before "nothing says otherwise" is believed. */
const stillForMs = 200;
/** Data a page asked for may take so long before it is judged without. */
const longestReadsMs = 3_000;

/**
 * Opens the source page and tells whether a signed-in user's page is shown. A page that says so itself (a way to
 * sign out, a login form) is judged as soon as it is loaded; one that does not is given time to settle.
 *
 * Fails with `site_unreachable` and `site_error`.
 */
export async function checkSignedIn({
  page,
  sourceUrl,
  site,
  signal,
  log,
}: CheckSignedInOptions): Promise<{ signedIn: boolean; reason: string }> {
  using activity = watchActivity({ page, now: Date.now });
  await visit({ page, url: sourceUrl, signal });
  const { signedIn, reason } = await judgeWhenSettled({ page, sourceUrl, site, signal, activity });
  log.debug({ signedIn, reason, url: addressOf(page.url()) }, "looked at the source page");
  return { signedIn, reason };
}

/** Judges the page as it stands, without opening another. `progress`: how far a login has come. */
export async function judgeWhenSettled({
  page,
  sourceUrl,
  site,
  signal,
  activity,
  progress,
}: Omit<CheckSignedInOptions, "log"> & { activity: Activity; progress?: Progress }): Promise<Verdict> {
  const startedAt = performance.now();
  const source = addressOf(sourceUrl);
  let seen = "";
  let seenAt = startedAt;
  // Nothing is believed of a page before it is loaded: looking sooner only costs the page time.
  const loadMs = site?.signedIn === undefined ? firstLookMs : longestUnclearMs;
  await page.waitForLoadState("load", { timeout: loadMs }).catch(() => {});
  for (;;) {
    await activity.arrival(signal);
    signal.throwIfAborted();
    if (site?.signedIn !== undefined) {
      const signedIn = await site.signedIn(page);
      return {
        signedIn,
        evidence: "strong",
        reason: signedIn ? "the site's own check says so" : "the site's own check says no",
      };
    }
    const snapshot = await look({ page, activity });
    if (snapshot !== undefined) {
      const status = snapshot.activity.documentStatus ?? 0;
      if (status >= 500) throw new Failure("site_error", `The site answered with status ${status}.`);
      const frames = JSON.stringify(snapshot.frames);
      if (frames !== seen) {
        seen = frames;
        seenAt = performance.now();
      }
      const judgement = judgeSignedIn({
        snapshot,
        sourceUrl: source,
        ...(progress === undefined ? {} : { progress }),
      });
      const waited = performance.now() - startedAt;
      if (mayBelieve({ judgement, snapshot, stillMs: performance.now() - seenAt, waited })) {
        const { verdict, evidence, reason } = judgement;
        return { signedIn: verdict === "signed_in", evidence, reason };
      }
    }
    await activity.change(stillForMs / 2);
  }
}

function mayBelieve({
  judgement,
  snapshot,
  stillMs,
  waited,
}: {
  judgement: Judgement;
  snapshot: PageSnapshot;
  stillMs: number;
  waited: number;
}): boolean {
  const { activity, frames } = snapshot;
  const main = frames[0];
  if (activity.navigating) return waited > 6 * longestUnclearMs;
  if (waited >= longestUnclearMs) return true;
  const loaded =
    main?.readyState === "complete" ||
    (main?.readyState === "interactive" && activity.quietMs > longestReadsMs);
  if (!loaded) return false;
  if (judgement.verdict === "unclear") return false;
  const reading = activity.pendingReads > 0 && activity.quietMs < longestReadsMs;
  if (reading) return false;
  if (main?.scripted === false) return true;
  // A page's code may show a login for a moment before it knows better; signing out it offers only when it knows.
  if (judgement.evidence === "strong" && judgement.verdict === "signed_in") return true;
  if (frames.some((frame) => frame.busy) && waited < longestReadsMs) return false;
  return stillMs >= stillForMs && activity.quietMs >= stillForMs;
}

/** Undefined while the page is between two documents. */
async function look({
  page,
  activity,
}: {
  page: Page;
  activity: Activity;
}): Promise<PageSnapshot | undefined> {
  try {
    return await glance({ page, activity: activity.snapshot() });
  } catch {
    if (page.isClosed()) throw new Failure("browser_crashed", "The page was closed while it was looked at.");
    return undefined;
  }
}
