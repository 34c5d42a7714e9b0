import type { FastifyReply } from "fastify";

/**
 * What keeps a page of the visit to itself: nothing of anybody else's is loaded, nothing is kept, no address is passed
 * on, and only the application's own pages may show it in a frame.
 */
export function protect(reply: FastifyReply, frameOrigins: readonly string[]): FastifyReply {
  const ancestors = frameOrigins.length === 0 ? "'none'" : frameOrigins.join(" ");
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${ancestors}`,
  ];
  return reply.headers({
    "content-security-policy": policy.join("; "),
    // For browsers older than frame-ancestors; it knows no list of origins.
    ...(frameOrigins.length === 0 ? { "x-frame-options": "DENY" } : {}),
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  });
}
