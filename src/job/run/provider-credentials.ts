import type { StaleIdentity } from "../../browser/providers/stale-identity.ts";
import { summariesOf } from "../../identity/credentials/credential-types.ts";
import type { Identity, RevealedCredentials } from "../../identity/types.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { Claim } from "./claim-identity.ts";
import type { RunContext } from "./run-context.ts";

/** What an identity can be signed in with, without anything else. */
const enough: ReadonlySet<string> = new Set(["username_password", "passkey", "custom"]);

/**
 * Sees that there is something to sign in with where the provider could not: our own credentials, or the provider's
 * for this run alone. Those that the provider says the site refused are not typed again: that could lock the account.
 * Then our own are typed only where they are seen to be others.
 * @throws `stale` where there is nothing
 */
export async function findCredentials(run: RunContext, claim: Claim, stale: StaleIdentity): Promise<void> {
  const { identity, atProvider } = claim;
  if (identity.credentials.some(({ type }) => enough.has(type))) {
    if (stale.credentialsRefused && !(await areOthers(run, claim))) throw stale;
    return;
  }
  if (atProvider === undefined || stale.credentialsRefused || atProvider.identities.wasRefused(atProvider.id))
    throw stale;
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

/** Whether what we would type is known not to be what the site has refused the provider. */
async function areOthers(run: RunContext, { identity, record, atProvider }: Claim): Promise<boolean> {
  const actor = { name: run.deps.actor, runId: run.id };
  const own = typedOf(await record.revealCredentials(identity.id, actor, { toSignIn: true }));
  if (own.length === 0) return true;
  if (atProvider === undefined) return false;
  const { id, identities } = atProvider;
  const theirs = await untilAborted(run.signal, () => identities.credentials(id, run.signal));
  const refused = new Set(theirs === undefined ? [] : typedOf(theirs));
  // A password is one account's by whichever name: a user's name and address are the same account at many sites.
  return refused.size > 0 && !own.some((text) => refused.has(text));
}

/** What is typed to sign in, but for the name and for codes. */
function typedOf({ usernamePassword, custom = {} }: RevealedCredentials): string[] {
  const secrets = [usernamePassword?.password, ...Object.values(custom)];
  return secrets.flatMap((secret) => (secret === undefined ? [] : [secret.reveal()]));
}

function stepNow(periodSeconds = 30): bigint {
  return BigInt(Math.floor(Date.now() / 1_000 / periodSeconds));
}
