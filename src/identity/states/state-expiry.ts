import { z } from "zod";
import { registrableDomain } from "../domains.ts";
import type { SavedState } from "../types.ts";

const cookieSchema = z.object({ domain: z.string(), expires: z.number(), httpOnly: z.boolean() });

/** A warning comes this long before a login ends, in milliseconds, and no sooner than in the last quarter of its time. */
const longestWarningMs = 24 * 3_600_000;

/**
 * When a saved state certainly no longer signs in: when the last of the site's cookies has ended that scripts cannot
 * read, as login cookies are. Undefined where there is none, or one that ends with the browser: then only the site
 * knows. It may end the login sooner; it cannot know it any longer.
 */
export function lapsesAt({ cookies }: Pick<SavedState, "cookies">, sourceUrl: string): Date | undefined {
  const site = registrableDomain(new URL(sourceUrl).hostname);
  let last: number | undefined;
  for (const cookie of cookies) {
    const { data } = cookieSchema.safeParse(cookie);
    if (data === undefined || !data.httpOnly) continue;
    if (registrableDomain(data.domain.replace(/^\./, "")) !== site) continue;
    if (data.expires <= 0) return undefined;
    last = Math.max(last ?? 0, data.expires * 1_000);
  }
  return last === undefined ? undefined : new Date(last);
}

/** Whether a state that ends then is about to: in its last quarter, and in its last day. */
export function isExpiring({ capturedAt, endsAt }: { capturedAt: Date; endsAt: Date }, now: number): boolean {
  const lifeMs = endsAt.getTime() - capturedAt.getTime();
  return now >= endsAt.getTime() - Math.min(longestWarningMs, lifeMs / 4);
}
