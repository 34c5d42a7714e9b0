import { Failure } from "../../failure.ts";
import type { ConnectVisit, ConnectVisits } from "../../identity/connect-visits.ts";
import type { Identities } from "../../identity/identities.ts";
import type { Actor, CredentialType, NewCredential } from "../../identity/types.ts";

/** Where an account is connected. */
export interface ConnectSite {
  /** The application's. */
  url: string;
  /** The auth flow that asked for the credentials; null for the standard one. */
  flowId: string | null;
  /** What the flow asks for; nothing where somebody signs in by hand. */
  asks: readonly CredentialType[];
}

/** The identity of a visit, until it is signed in. */
export interface HalfMade {
  /**
   * Stores what the visitor gave, in an identity that is made now, or was made or named before. Of an identity that was
   * there before the visit, credentials of the types that the flow asks for are replaced at once, before they are
   * proved, and are not put back when the site refuses them; those of other types stay.
   * @returns its id
   */
  store(visit: ConnectVisit, site: ConnectSite, credentials: NewCredential[]): Promise<string>;
  /** Removes it. */
  remove(visit: ConnectVisit): Promise<void>;
}

/** In whose name a visit's identity is made and changed. */
export const actorOf = ({ id }: ConnectVisit): Actor => ({ name: `connect:${id}` });

export function createHalfMade({
  identities,
  visits,
}: {
  identities: Identities;
  visits: Pick<ConnectVisits, "change">;
}): HalfMade {
  return {
    async remove(visit) {
      const { token, identityId } = visit;
      // Never one that was there before the visit.
      if (identityId === null || token.identityId !== null) return;
      await visits.change(visit.id, { identityId: null });
      await identities.remove(token.project, identityId, actorOf(visit)).catch(ignoreUnknown);
    },

    async store(visit, site, credentials) {
      const { token } = visit;
      const known = token.identityId ?? visit.identityId;
      if (known === null) {
        const { id } = await identities.create(
          token.project,
          {
            displayName: visit.userName,
            applicationId: token.applicationId,
            authFlowId: site.flowId,
            sourceUrl: site.url,
            credentials,
          },
          actorOf(visit),
        );
        await visits.change(visit.id, { identityId: id });
        return id;
      }
      const { credentials: held } = await identities.get(token.project, known);
      const given = new Set<CredentialType>(credentials.map(({ type }) => type));
      // All that its own earlier tries gave goes; an identity from before has more than this flow knows of.
      const removeCredentials = held
        .map(({ type }) => type)
        .filter((type) => !given.has(type) && (token.identityId === null || site.asks.includes(type)));
      await identities.update(token.project, known, { credentials, removeCredentials }, actorOf(visit));
      if (visit.identityId === null) await visits.change(visit.id, { identityId: known });
      return known;
    },
  };
}

/** What is gone already need not be done away with. */
export function ignoreUnknown(error: unknown): void {
  const isGone =
    error instanceof Failure && (error.code === "unknown_identity" || error.code === "not_found");
  if (!isGone) throw error;
}
