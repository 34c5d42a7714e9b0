import type { ConnectMode, ConnectVisit } from "../../identity/connect-visits.ts";

/** How a visit ended, and who is told. */
export interface Outcome {
  status: "success" | "cancelled";
  mode: ConnectMode;
  /** The callback, with what it is told. */
  url: string;
  /** Of the callback, for people. */
  host: string;
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
  const url = new URL(callbackUrl);
  const { origin, host } = url;
  if (identityId !== undefined) {
    url.searchParams.set("identityId", identityId);
    url.searchParams.set("identity_id", identityId);
  }
  const status = identityId === undefined ? "cancelled" : "success";
  url.searchParams.set("status", status);
  return {
    status,
    mode,
    url: url.href,
    host,
    message:
      identityId === undefined ? { type: "identity-cancelled" } : { type: "identity-created", identityId },
    targets: mode === "frame" ? [...new Set([origin, ...frameOrigins])] : [origin],
  };
}
