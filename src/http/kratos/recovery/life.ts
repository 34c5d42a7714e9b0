import { parseDuration, printDuration } from "../duration.ts";
import { badRequest } from "../refusal.ts";

/** A link is good for a second at least. */
const leastMs = 1_000;

/** What `expires_in` says, in milliseconds; undefined where it says nothing. @throws KratosRefusal 400 */
export function lifeMsOf(text: string): number | undefined {
  if (text === "") return undefined;
  const duration = parseDuration(text);
  if (duration === undefined)
    throw badRequest(
      `Unable to parse "expires_in" as a duration string (e.g. "1h", "1m30s", "500ms"): ${text}`,
    );
  if (duration <= 0n)
    throw badRequest(`Value from "expires_in" must result to a future time: ${printDuration(duration)}`);
  return Math.max(leastMs, Number((duration + 999_999n) / 1_000_000n));
}
