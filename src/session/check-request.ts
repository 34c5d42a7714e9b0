import { Failure } from "../failure.ts";
import { registrableDomain } from "../identity/domains.ts";
import type { Identities } from "../identity/identities.ts";
import { isProxyServer } from "../identity/identity-input.ts";
import { assertActive, type SitedIdentity, withSite } from "../identity/site-of.ts";
import type { NewSession } from "./types.ts";

const mostIdentities = 10;
const minuteMs = 60_000;
const leastSize = 100;
const mostSize = 4_096;
/** A day, less what signing in and ending may take beside it: no run lasts longer, and each identity's part is one. */
const longestMs = 24 * 60 * minuteMs - 15 * minuteMs;
const usualIdleMinutes = 5;
const usualMaxMinutes = 20;

/** How long a session may last, in milliseconds. */
export interface SessionLimits {
  idleMs: number | null;
  maxMs: number;
}

/** @throws Failure `invalid_argument` for what no browser could be started with, or would harm this machine */
export function assertUsable({ initialUrl, proxy, viewport }: NewSession): void {
  if (initialUrl !== undefined && !/^https?:$/.test(URL.parse(initialUrl)?.protocol ?? ""))
    throw new Failure("invalid_argument", "The first page's URL is not http://… or https://….");
  if (proxy !== undefined && !isProxyServer(proxy.server))
    throw new Failure(
      "invalid_argument",
      "The proxy's address is not http://host:port, https://host:port or socks5://host:port; its user and password stand apart.",
    );
  const sizes = viewport === undefined ? [] : [viewport.width, viewport.height];
  if (sizes.some((size) => !Number.isInteger(size) || size < leastSize || size > mostSize))
    throw new Failure("invalid_argument", `A viewport's sides are ${leastSize} to ${mostSize} pixels.`);
}

/** @throws Failure `invalid_argument` */
export function limitsOf({ idleMinutes, maxMinutes }: NewSession): SessionLimits {
  const idle = idleMinutes === undefined ? usualIdleMinutes : idleMinutes;
  const max = maxMinutes === undefined ? usualMaxMinutes : maxMinutes;
  for (const minutes of [idle, max])
    if (minutes !== null && !(minutes > 0))
      throw new Failure("invalid_argument", "A session's times are more than 0 minutes.");
  return {
    idleMs: idle === null ? null : Math.min(idle * minuteMs, longestMs),
    maxMs: max === null ? longestMs : Math.min(max * minuteMs, longestMs),
  };
}

/**
 * The identities a session is to be signed in as. All of them share its cookies, so no two may be of one site.
 * @throws Failure `unknown_identity`, `no_site`, `identity_inactive`, `invalid_argument`
 */
export async function identitiesOf(
  identities: Pick<Identities, "get">,
  { project, identityIds = [] }: Pick<NewSession, "project" | "identityIds">,
): Promise<SitedIdentity[]> {
  if (identityIds.length > mostIdentities)
    throw new Failure("invalid_argument", `A session has at most ${mostIdentities} identities.`);
  const found = await Promise.all(
    identityIds.map(async (id) => {
      const identity = await identities.get(project, id);
      assertActive(identity);
      return withSite(identity);
    }),
  );
  const bySite = new Map<string, SitedIdentity>();
  for (const identity of found) {
    const site = registrableDomain(new URL(identity.sourceUrl).hostname);
    const other = bySite.get(site);
    if (other !== undefined)
      throw new Failure(
        "invalid_argument",
        `The identities ${other.id} and ${identity.id} are both of ${site}: one browser is signed in there as one of them. Create a session for each.`,
      );
    bySite.set(site, identity);
  }
  return found;
}
