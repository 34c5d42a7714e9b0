import { z } from "zod";
import type { NewCredential, RevealedCredentials } from "../../../identity/types.ts";
import { presentCode } from "../../../login/one-time-code.ts";
import { Secret } from "../../../secret.ts";

const text = z.string().min(1).max(10_000);
const field = z.object({ name: z.string().min(1).max(100), value: text });

/** Credentials as Anchor's clients give them. */
export const credentialSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("username_password"), username: text, password: text }),
  z.object({
    type: z.literal("authenticator"),
    secret: text.meta({ description: "Base32, or an otpauth:// URI." }),
    otp: z.string().nullish().meta({ description: "Not looked at." }),
  }),
  z.object({
    type: z.literal("custom"),
    fields: z.array(field).min(1).refine(isUnambiguous, "names a field twice"),
  }),
]);

/** Credentials as Anchor's clients are given them. */
export const shownCredentialSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("username_password"), username: z.string(), password: z.string() }),
  z.object({
    type: z.literal("authenticator"),
    secret: z.string(),
    otp: z.string().meta({ description: "The code of this moment." }),
  }),
  z.object({ type: z.literal("custom"), fields: z.array(z.object({ name: z.string(), value: z.string() })) }),
]);

/** The types this API has words for; an identity's others are left alone by it. */
const spoken = ["username_password", "authenticator", "custom"] as const;

/** Wraps what was given, at once. */
export function toCredentials(given: readonly z.output<typeof credentialSchema>[]): NewCredential[] {
  return given.map((credential) => {
    switch (credential.type) {
      case "username_password":
        return {
          type: credential.type,
          username: new Secret(credential.username),
          password: new Secret(credential.password),
        };
      case "authenticator":
        return { type: credential.type, secret: new Secret(credential.secret) };
      case "custom":
        return {
          type: credential.type,
          fields: Object.fromEntries(credential.fields.map(({ name, value }) => [name, new Secret(value)])),
        };
    }
  });
}

/** The types that are gone where `given` is all there is to be. */
export function typesLeftOut(given: readonly { type: string }[]): (typeof spoken)[number][] {
  return spoken.filter((type) => given.every((credential) => credential.type !== type));
}

/** What is stored, in the clear, with the code of `now` (epoch milliseconds). */
export async function showCredentials(
  { usernamePassword, authenticator, custom }: RevealedCredentials,
  now: number,
): Promise<z.input<typeof shownCredentialSchema>[]> {
  const shown: z.input<typeof shownCredentialSchema>[] = [];
  if (usernamePassword !== undefined)
    shown.push({
      type: "username_password",
      username: usernamePassword.username.reveal(),
      password: usernamePassword.password?.reveal() ?? "",
    });
  if (authenticator !== undefined)
    shown.push({
      type: "authenticator",
      secret: authenticator.secret.reveal(),
      otp: (await presentCode({ authenticator, now })).reveal(),
    });
  if (custom !== undefined)
    shown.push({
      type: "custom",
      fields: Object.entries(custom).map(([name, value]) => ({ name, value: value.reveal() })),
    });
  return shown;
}

function isUnambiguous(fields: readonly { name: string }[]): boolean {
  return new Set(fields.map(({ name }) => name)).size === fields.length;
}
