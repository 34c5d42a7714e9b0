import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Secret } from "../../secret.ts";

const name = "latchkey_visit";
/** A sign-in that began in time may end after it. */
const afterSeconds = 15 * 60;

export const pathOf = (visitId: string): string => `/connect/${visitId}`;

/**
 * Keeps the visit's secret in the visitor's browser, for the visit's own pages alone. Over https it also works in a
 * frame of another site, in a jar of its own for each such site (CHIPS); without https only where the browser takes
 * both for one site, as with localhost.
 */
export function giveCookie(
  reply: FastifyReply,
  {
    visitId,
    secret,
    isSecure,
    expiresAt,
  }: { visitId: string; secret: Secret; isSecure: boolean; expiresAt: Date },
): void {
  void reply.setCookie(name, secret.reveal(), {
    path: pathOf(visitId),
    httpOnly: true,
    maxAge: Math.ceil((expiresAt.getTime() - Date.now()) / 1_000) + afterSeconds,
    ...(isSecure ? { secure: true, sameSite: "none", partitioned: true } : { sameSite: "lax" }),
  });
}

export function secretOf(request: FastifyRequest): string | undefined {
  const text = request.cookies[name];
  return text !== undefined && /^[\w-]{43}$/.test(text) ? text : undefined;
}

/** What the visit's forms carry: only pages that the visitor's browser was given know it. */
export function csrfOf(secret: string): string {
  return createHash("sha256").update(`csrf ${secret}`).digest("base64url");
}

/**
 * Whether a browser says that one of our own pages sends this. A page without a referrer sends `Origin: null`, which
 * says nothing.
 */
export function isFromOwnPage({ headers }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  return site === undefined || site === "same-origin";
}

/** Whether a form was sent by one of the visit's own pages. */
export function isOwnForm(request: FastifyRequest, secret: string, csrf: unknown): boolean {
  if (!isFromOwnPage(request)) return false;
  const expected = Buffer.from(csrfOf(secret));
  const given = Buffer.from(typeof csrf === "string" ? csrf : "");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
