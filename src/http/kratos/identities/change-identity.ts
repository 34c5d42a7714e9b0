import { Failure } from "../../../failure.ts";
import type { IdentityPatch } from "../../../identity/identity-input.ts";
import type { Identity, RevealedCredentials } from "../../../identity/types.ts";
import { actorOf, type IdentityCall, identityById } from "./identity-call.ts";
import { type KeptDocuments, keptOf } from "./kept-credentials.ts";

/** What is stored of an identity's credentials; each look leaves an entry in the audit. */
export interface Stored {
  revealed: RevealedCredentials;
  kept: KeptDocuments;
}

/** Gives the change; undefined where nothing changes. What it builds on its credentials was looked at beforehand. */
type Plan = (
  identity: Identity,
  reveal: () => Promise<Stored>,
) => Promise<((now: Identity) => IdentityPatch) | undefined>;

const mostTries = 10;

/**
 * Changes an identity as it is when nobody else can change it any more. Its credentials are read before that: where they
 * or its application were changed meanwhile, all is looked at again, so that nothing is put back that somebody took
 * away, and the other way round.
 * @throws Failure `conflict` where others keep changing it; what `plan` and `Identities.update` throw
 */
export async function changeIdentity(
  call: Pick<IdentityCall, "deps" | "caller">,
  id: string,
  plan: Plan,
): Promise<Identity> {
  const { identities } = call.deps;
  const actor = actorOf(call);
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const read = await identityById(call, id);
    const planned = await plan(read, async () => {
      const revealed = await identities.revealCredentials(read.id, actor);
      return { revealed, kept: keptOf(revealed) };
    });
    if (planned === undefined) return read;
    const change = (now: Identity) => {
      if (now.credentialsVersion !== read.credentialsVersion || now.applicationId !== read.applicationId)
        throw new ChangedMeanwhile();
      return planned(now);
    };
    try {
      return await identities.update(call.caller.project, read.id, change, actor);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
    }
  }
  throw new Failure("conflict", "Others keep changing the identity: try again.", { retryable: true });
}

class ChangedMeanwhile extends Error {}
