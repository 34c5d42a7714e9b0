import type { StaleIdentity } from "../../browser/providers/stale-identity.ts";
import { summariesOf } from "../../identity/credential-types.ts";
import type { Identity } from "../../identity/types.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { Claim } from "./claim-identity.ts";
import type { RunContext } from "./run-context.ts";

/** What an identity can be signed in with, without anything else. */
const enough: ReadonlySet<string> = new Set(["username_password", "passkey", "custom"]);

/**
 * Sees that there is something to sign in with where the provider could not: our own credentials, or the provider's
 * for this run alone. Those that the provider says the site refused are not typed again: that could lock the account.
 * @throws `stale` where there is nothing
 */
export async function findCredentials(run: RunContext, claim: Claim, stale: StaleIdentity): Promise<void> {
  const { identity, atProvider } = claim;
  if (identity.credentials.some(({ type }) => enough.has(type))) return;
  if (atProvider === undefined || stale.credentialsRefused) throw stale;
  const { id, identities } = atProvider;
  const revealed = await untilAborted(run.signal, () => identities.credentials(id, run.signal));
  if (revealed === undefined) throw stale;
  run.deps.log.info({ identity: identity.id }, "signing in with the credentials that the provider has");
  // The provider may have used a code of this moment a moment ago; a site takes each once.
  let lastStep = stepNow(revealed.authenticator?.periodSeconds);
  claim.identity = { ...identity, credentials: summariesOf(revealed) } satisfies Identity;
  const { record } = claim;
  claim.record = {
    ...record,
    setStatus(...change) {
      if (change[1] === "failed") identities.noteRefused(id);
      return record.setStatus(...change);
    },
    revealCredentials: async () => revealed,
    lastTimeStep: async () => lastStep,
    async claimTimeStep(_id, step) {
      if (BigInt(step) <= lastStep) return false;
      lastStep = BigInt(step);
      return true;
    },
  };
}

function stepNow(periodSeconds = 30): bigint {
  return BigInt(Math.floor(Date.now() / 1_000 / periodSeconds));
}
