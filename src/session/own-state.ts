import { registrableDomain } from "../identity/domains.ts";
import type { SavedState } from "../identity/types.ts";

/**
 * The part of a browser's state that is one identity's, where others are in the same browser: what is kept for the
 * sites its credentials may be typed on.
 * @param domains registrable domains
 */
export function ownState(state: SavedState, domains: ReadonlySet<string>): SavedState {
  const isOwn = (host: string) => domains.has(registrableDomain(host.replace(/^\./, "")));
  const isOwnOrigin = (origin: string) => URL.canParse(origin) && isOwn(new URL(origin).hostname);
  return {
    ...state,
    cookies: state.cookies.filter((cookie) => isOwn(textOf(cookie, "domain"))),
    origins: state.origins.filter((origin) => isOwnOrigin(textOf(origin, "origin"))),
    sessionStorage: Object.fromEntries(
      Object.entries(state.sessionStorage).filter(([origin]) => isOwnOrigin(origin)),
    ),
  };
}

function textOf(item: unknown, key: string): string {
  const value =
    typeof item === "object" && item !== null ? (item as Record<string, unknown>)[key] : undefined;
  return typeof value === "string" ? value : "";
}
