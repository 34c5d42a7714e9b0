import type { Secret } from "../../secret.ts";
import type { Applications } from "../applications/applications.ts";
import { applicationOfSource } from "../applications/source.ts";
import type { Identities } from "../identities.ts";
import { assertActive, withSite } from "../site-of.ts";
import type { Actor } from "../types.ts";
import type { ConnectTokens } from "./connect-tokens.ts";

export interface RecoveryRequest {
  project: string;
  /** The identity whose owner is to sign in again; by its name too. */
  identityId: string;
  /** How long the link is good, in milliseconds; 15 minutes unless given, 30 days at most. */
  lifeMs?: number | undefined;
  /** Where the visitor is sent to at the end, as a callback is; they stay on the last page unless given. */
  returnTo?: string | undefined;
  /** Whether a code of six digits is asked for first, which is to reach the visitor another way than the link. */
  withCode: boolean;
  actor: Actor;
}

export interface Recovery {
  /** For the connect page: `/identity/create?token=…`. */
  token: Secret;
  /** Where one was asked for. */
  code?: Secret;
  expiresAt: Date;
}

/**
 * Makes leave for an identity's owner to connect it again on the connect page.
 *
 * The page asks for what an application's auth flows ask for. An identity of none is shown the oldest application of its
 * site, which is made where there is none, as it is for identities that come by Anchor's API: there its name, icon, auth
 * flows and callbacks can be changed. The identity itself is not moved to it.
 * @throws Failure `unknown_identity`, `identity_inactive`, `no_site`, `invalid_argument`
 */
export async function makeRecovery(
  {
    identities,
    applications,
    connectTokens,
  }: {
    identities: Pick<Identities, "get">;
    applications: Applications;
    connectTokens: Pick<ConnectTokens, "make">;
  },
  { project, identityId, lifeMs, returnTo, withCode, actor }: RecoveryRequest,
): Promise<Recovery> {
  const identity = withSite(await identities.get(project, identityId));
  assertActive(identity);
  const applicationId =
    identity.applicationId ??
    (await applicationOfSource(applications, { project, url: identity.sourceUrl, actor })).id;
  const { token, code, expiresAt } = await connectTokens.make({
    project,
    applicationId,
    identityId: identity.id,
    callbackUrl: returnTo ?? null,
    ...(lifeMs === undefined ? {} : { lifeMs }),
    withCode,
    actor,
  });
  return { token, expiresAt, ...(code === undefined ? {} : { code }) };
}
