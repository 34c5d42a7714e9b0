import { Failure } from "../../../failure.ts";
import { secretsOf } from "../../../identity/credentials/credential-types.ts";
import { urlFault } from "../../../identity/identity-input.ts";
import type { Redactor } from "../../../redact.ts";
import type { ProviderIdentities, Renewal } from "../provider-identities.ts";
import { StaleIdentity } from "../stale-identity.ts";
import { readIdentity, readReauthenticated } from "./answers.ts";
import type { AnchorAnswer, AnchorClient } from "./client.ts";
import { inStep } from "./in-step.ts";
import { readCredentials } from "./read-credentials.ts";
import { refusalOf } from "./refusal.ts";

const shortMs = 15_000;
/** Refused credentials are not tried again so soon, in milliseconds: nothing of them is written down. */
const refusedMs = 3_600_000;
/** A sign-in may wait for a code; in milliseconds. */
const reauthenticateMs = 5 * 60_000;

/** Identities at a server of Anchor's API. */
export function createAnchorIdentities({
  client,
  redactor,
}: {
  client: AnchorClient;
  redactor: Redactor;
}): ProviderIdentities {
  const refusedUntil = new Map<string, number>();
  const noteRefused = (id: string) => {
    const now = performance.now();
    for (const [other, until] of refusedUntil) if (until <= now) refusedUntil.delete(other);
    refusedUntil.set(id, now + refusedMs);
  };
  const pathOf = (id: string) => `/v1/identities/${encodeURIComponent(id)}`;

  const read = (path: string, purpose: string, signal: AbortSignal): Promise<AnchorAnswer> =>
    inStep(
      async () => {
        const answer = await client.send({ method: "GET", path, purpose, signal, limitMs: shortMs });
        if (answer.status >= 500 || answer.status === 429) throw refusalOf(answer, { about: "server" });
        return answer;
      },
      { retries: 2, signal },
    );

  return {
    async get(id, signal) {
      const answer = await read(pathOf(id), "read an identity", signal);
      if (answer.status !== 200) throw refusalOf(answer, { about: "identity" });
      const identity = readIdentity(answer.body);
      if (identity === undefined || urlFault(identity.sourceUrl) !== null)
        throw new Failure(
          "provider_refused",
          "The browser provider's identity names no http(s) URL as its source.",
        );
      return { id, ...identity, name: identity.name?.slice(0, 100) ?? id };
    },
    async reauthenticate(id, signal) {
      const answer = await client.send({
        method: "POST",
        path: `${pathOf(id)}/reauthenticate`,
        body: { sync: true },
        purpose: "sign an identity in anew",
        signal,
        limitMs: reauthenticateMs,
      });
      const renewal = renewalOf(answer);
      if (renewal.credentialsRefused) noteRefused(id);
      return renewal;
    },
    async credentials(id, signal) {
      const answer = await read(`${pathOf(id)}/credentials`, "read an identity's credentials", signal);
      // Not every account, and not every key, is handed them.
      if (answer.status !== 200) return undefined;
      const revealed = readCredentials(answer.body);
      if (revealed !== undefined) for (const secret of secretsOf(revealed)) redactor.add(secret);
      return revealed;
    },
    noteRefused,
    wasRefused: (id) => (refusedUntil.get(id) ?? 0) > performance.now(),
  };
}

/** @throws Failure for what says nothing of a sign-in */
function renewalOf(answer: AnchorAnswer): Renewal {
  const { status } = answer;
  if (status >= 200 && status < 300) return readReauthenticated(answer.body);
  // Servers of before it was there.
  if (status === 404 || status === 405 || status === 501)
    return { renewed: false, credentialsRefused: false };
  const refusal = refusalOf(answer, { about: "identity" });
  if (!(refusal instanceof StaleIdentity)) throw refusal;
  return { renewed: false, credentialsRefused: refusal.credentialsRefused };
}
