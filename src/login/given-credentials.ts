import { Failure } from "../failure.ts";
import type { RevealedCredentials, RevealedPasskey } from "../identity/types.ts";
import type { Redactor } from "../redact.ts";
import type { Secret } from "../secret.ts";
import { secretsOfAnswer } from "./answer-secrets.ts";
import { createCodeSource } from "./one-time-code.ts";
import type { LoginCredentials } from "./site.ts";

/** Credentials handed in for one attempt and stored nowhere. Used time steps are remembered for this attempt only. */
export function createGivenCredentials(
  {
    username,
    password,
    authenticator,
    passkey,
    onPasskeyUsed,
    outOfBand,
  }: {
    username?: Secret | undefined;
    password?: Secret | undefined;
    authenticator?: RevealedCredentials["authenticator"];
    passkey?: RevealedPasskey | undefined;
    /** Told the signature counter that the next use must start from. */
    onPasskeyUsed?: LoginCredentials["passkeyUsed"] | undefined;
    /** Asks whoever is there for what the site sent another way. */
    outOfBand?: LoginCredentials["outOfBand"] | undefined;
  },
  redactor: Redactor,
  now: () => number = Date.now,
): LoginCredentials {
  for (const secret of [username, password, authenticator?.secret, passkey?.privateKey])
    if (secret !== undefined) redactor.add(secret);
  let lastStep: number | null = null;
  const steps = {
    last: async () => lastStep,
    async claim(step: number) {
      lastStep = step;
      return true;
    },
  };
  const nextCode = authenticator === undefined ? undefined : createCodeSource({ authenticator, steps, now });

  return {
    has: {
      username: username !== undefined,
      password: password !== undefined,
      oneTimeCode: nextCode !== undefined,
      custom: [],
      passkey: passkey?.rpId ?? false,
      outOfBand: outOfBand !== undefined,
      mailbox: false,
    },
    username: async () => username ?? missing("a username"),
    password: async () => password ?? missing("a password"),
    async custom(name) {
      return missing(`the field "${name}"`);
    },
    async oneTimeCode(signal, clockOffsetMs, neededLifeMs) {
      if (nextCode === undefined) return missing("a one-time code");
      const code = await nextCode(signal, clockOffsetMs, neededLifeMs);
      redactor.add(code);
      return code;
    },
    async passkey() {
      return passkey ?? missing("a passkey");
    },
    async passkeyUsed(signCount) {
      await onPasskeyUsed?.(signCount);
    },
    async outOfBand(request, signal) {
      if (outOfBand === undefined)
        throw new Failure("one_time_code_required", "There is nobody to ask for a code.");
      const answer = await outOfBand(request, signal);
      for (const secret of secretsOfAnswer(answer)) redactor.add(secret);
      return answer;
    },
  };
}

function missing(what: string): never {
  throw new Failure("credentials_missing", `The site asks for ${what}, and none was given.`);
}
