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
  }: { username: Secret; password: Secret; authenticator?: RevealedCredentials["authenticator"] },
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
    has: { username: true, password: true, oneTimeCode: nextCode !== undefined, custom: [] },
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
  };
}
