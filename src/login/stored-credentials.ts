import type { CodeOrigin } from "../events.ts";
import { Failure } from "../failure.ts";
import type { Identities } from "../identity/identities.ts";
import type { Actor, Identity, RevealedCredentials } from "../identity/types.ts";
import type { Secret } from "../secret.ts";
import { secretsOfAnswer } from "./answer-secrets.ts";
import { createCodeSource } from "./one-time-code.ts";
import type { OutOfBandAnswer, OutOfBandRequest } from "./out-of-band.ts";
import type { LoginCredentials } from "./site.ts";

export type OutOfBandSource = (request: OutOfBandRequest, signal: AbortSignal) => Promise<OutOfBandAnswer>;

/**
 * An identity's stored credentials, as a login asks for them. They are unsealed — once, and audited — when the first
 * is needed.
 */
export function createStoredCredentials({
  identities,
  identity,
  actor,
  onRevealed,
  onCode,
  outOfBand,
  now = Date.now,
}: {
  identities: Pick<Identities, "revealCredentials" | "lastTimeStep" | "claimTimeStep" | "savePasskeyCounter">;
  identity: Identity;
  actor: Actor;
  /** Told what was unsealed; nothing of it is typed before it is done. */
  onRevealed: (revealed: RevealedCredentials) => void | Promise<void>;
  /** Told each code, before it is typed, and who gave it. */
  onCode: (code: Secret, origin: CodeOrigin) => void;
  /** Waits for what the site sends another way, given what was unsealed; undefined where nobody may be waited for. */
  outOfBand?: OutOfBandSource | undefined;
  now?: () => number;
}): LoginCredentials {
  const stored = new Set(identity.credentials.map(({ type }) => type));
  let revealing: Promise<RevealedCredentials> | undefined;

  const reveal = () =>
    (revealing ??= identities
      .revealCredentials(identity.id, actor, { toSignIn: true })
      .then(async (revealed) => {
        await onRevealed(revealed);
        return revealed;
      }));

  // A mailbox is opened while the page loads. What fails here fails again where it is asked for.
  if (stored.has("mailbox") && outOfBand !== undefined) reveal().catch(() => {});

  async function usernamePassword() {
    return (await reveal()).usernamePassword ?? missing("username and password");
  }

  function missing(what: string): never {
    throw new Failure(
      "credentials_missing",
      `The site asks for ${what}, and the identity "${identity.name}" has none.`,
    );
  }

  return {
    has: {
      username: stored.has("username_password") || identity.loginName !== null,
      password: identity.credentials.some(
        ({ type, passwordless }) => type === "username_password" && passwordless !== true,
      ),
      oneTimeCode: stored.has("authenticator"),
      custom: identity.credentials.flatMap(({ fields }) => fields ?? []),
      passkey: identity.credentials.find(({ type }) => type === "passkey")?.rpId ?? false,
      outOfBand: outOfBand !== undefined,
      mailbox: stored.has("mailbox"),
    },
    username: async () => (await usernamePassword()).username,
    password: async () => (await usernamePassword()).password ?? missing("a password"),
    async custom(name) {
      return (await reveal()).custom?.[name] ?? missing(`the field "${name}"`);
    },
    async oneTimeCode(signal, clockOffsetMs, neededLifeMs): Promise<Secret> {
      const authenticator = (await reveal()).authenticator ?? missing("a one-time code");
      const steps = {
        async last() {
          const step = await identities.lastTimeStep(identity.id);
          return step === null ? null : Number(step);
        },
        claim: (step: number) => identities.claimTimeStep(identity.id, step),
      };
      const code = await createCodeSource({ authenticator, steps, now })(signal, clockOffsetMs, neededLifeMs);
      onCode(code, "authenticator");
      return code;
    },
    passkey: async () => (await reveal()).passkey ?? missing("a passkey"),
    async passkeyUsed(signCount) {
      await identities.savePasskeyCounter(identity.id, signCount, identity.credentialsVersion);
    },
    async outOfBand(request, signal) {
      if (outOfBand === undefined)
        throw new Failure("one_time_code_required", "Nobody may be waited for to hand a code in.");
      if (stored.has("mailbox")) await reveal();
      const answer = await outOfBand(request, signal);
      for (const secret of secretsOfAnswer(answer)) onCode(secret, "out_of_band");
      return answer;
    },
  };
}
