import { Failure } from "../failure.ts";
import type { RevealedCredentials } from "../identity/types.ts";
import type { Redactor } from "../redact.ts";
import type { Secret } from "../secret.ts";
import { createCodeSource } from "./one-time-code.ts";
import type { LoginCredentials } from "./site.ts";

/** Credentials handed in for one attempt and stored nowhere. Used time steps are remembered for this attempt only. */
export function createGivenCredentials(
  {
    username,
    password,
    authenticator,
    outOfBand,
  }: {
    username: Secret;
    password: Secret;
    authenticator?: RevealedCredentials["authenticator"];
    /** Asks whoever is there for what the site sent another way. */
    outOfBand?: LoginCredentials["outOfBand"] | undefined;
  },
  redactor: Redactor,
  now: () => number = Date.now,
): LoginCredentials {
  for (const secret of [username, password, authenticator?.secret])
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
      username: true,
      password: true,
      oneTimeCode: nextCode !== undefined,
      custom: [],
      passkey: false,
      outOfBand: outOfBand !== undefined,
      mailbox: false,
    },
    username: async () => username,
    password: async () => password,
    async custom(name) {
      throw new Failure("credentials_missing", `The site asks for the field "${name}", and none was given.`);
    },
    async oneTimeCode(signal, clockOffsetMs) {
      if (nextCode === undefined)
        throw new Failure(
          "credentials_missing",
          "The site asks for a one-time code, and no authenticator was given.",
        );
      const code = await nextCode(signal, clockOffsetMs);
      redactor.add(code);
      return code;
    },
    async passkey() {
      throw new Failure("credentials_missing", "No passkey was given.");
    },
    async outOfBand(request, signal) {
      if (outOfBand === undefined)
        throw new Failure("one_time_code_required", "There is nobody to ask for a code.");
      const answer = await outOfBand(request, signal);
      redactor.add(answer.kind === "code" ? answer.code : answer.url);
      return answer;
    },
  };
}
