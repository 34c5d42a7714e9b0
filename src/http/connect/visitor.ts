import type { FastifyRequest } from "fastify";
import ipaddr from "ipaddr.js";
import type { Visitor } from "../../identity/connect/connect-visits.ts";

/**
 * From where, and with what, somebody visits the page: as far as LATCHKEY_TRUST_PROXY lets a proxy say. An IPv4
 * address that came in IPv6's clothes (RFC 4291 §2.5.5.2) is shown as IPv4.
 */
export function visitorOf({ ip, headers }: Pick<FastifyRequest, "ip" | "headers">): Visitor {
  return {
    address: ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : null,
    userAgent: headers["user-agent"] ?? null,
  };
}
