import type { ConnectMode, ConnectVisit } from "../../identity/connect/connect-visits.ts";

/** How a visit ended, and who is told. */
export interface Outcome {
  status: "success" | "cancelled";
  mode: ConnectMode;
  /** The callback, with what it is told, and its host, for people; undefined where the visitor is to stay. */
  next: { url: string; host: string } | undefined;
  /** For the window that opened this one, or holds it. */
  message: { type: "identity-created"; identityId: string } | { type: "identity-cancelled" };
  /** Origins that the message may go to; never just anybody's. */
  targets: string[];
}

/**
 * What a visit's end tells whoever asked for it. The identity's id stands in the callback under both of the names that
 * callers of Anchor's hosted page read.
 */
export function outcomeOf(
  { token: { callbackUrl }, mode }: ConnectVisit,
  identityId: string | undefined,
  frameOrigins: readonly string[],
): Outcome {
  const status = identityId === undefined ? "cancelled" : "success";
  const url = callbackUrl === null ? undefined : new URL(callbackUrl);
  if (identityId !== undefined) {
    url?.searchParams.set("identityId", identityId);
    url?.searchParams.set("identity_id", identityId);
  }
  url?.searchParams.set("status", status);
  const own = url === undefined ? [] : [url.origin];
  return {
    status,
    mode,
    next: url === undefined ? undefined : { url: url.href, host: url.host },
    message:
      identityId === undefined ? { type: "identity-cancelled" } : { type: "identity-created", identityId },
    targets: mode === "frame" ? [...new Set([...own, ...frameOrigins])] : own,
  };
}
