import type { Config } from "../../config.ts";
import { Failure } from "../../failure.ts";
import type { LiveSession } from "../../session/types.ts";
import { includesScope, type Scope } from "../api-keys/scopes.ts";

/** Whether a key may read stored credentials, and so be there while a login types them. */
export function mayReadCredentials(scope: Scope, route: Config["credentialsRoute"]): boolean {
  return route !== "off" && includesScope(scope, route);
}

/**
 * Lets nobody at a session that is being signed in who may read no credentials: whoever drives it, or looks at its pages,
 * sees what is typed.
 * @throws Failure `conflict`
 */
export function assertNotSigningIn(live: LiveSession, seesCredentials: boolean): void {
  if (!live.isHandedOut && !seesCredentials)
    throw new Failure("conflict", "The session is being signed in: come back when it is created.");
}
