import { parseDuration, printDuration } from "../duration.ts";
import { badRequest } from "../refusal.ts";

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
  return Math.max(1, Number(duration / 1_000_000n));
}
