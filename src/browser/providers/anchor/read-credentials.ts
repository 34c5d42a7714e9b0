import { z } from "zod";
import { parseAuthenticator } from "../../../identity/credentials/authenticator.ts";
import type { RevealedCredentials } from "../../../identity/types.ts";
import { Secret } from "../../../secret.ts";

const answer = z.object({ credentials: z.array(z.unknown()).catch([]) });

const credential = z.discriminatedUnion("type", [
  z.object({ type: z.literal("username_password"), username: z.string().min(1), password: z.string() }),
  z.object({ type: z.literal("authenticator"), secret: z.string().min(1) }),
  z.object({
    type: z.literal("custom"),
    fields: z.array(z.object({ name: z.string().min(1), value: z.string() })),
  }),
]);

/**
 * The credentials of an answer to `GET /v1/identities/{id}/credentials`; what is of no known kind is passed over. Its
 * `otp` is of this moment: codes are made of the secret when they are typed.
 * @returns undefined where there is nothing to sign in with
 */
export function readCredentials(body: unknown): RevealedCredentials | undefined {
  const { data } = answer.safeParse(body);
  const revealed: RevealedCredentials = {};
  for (const item of data?.credentials ?? []) {
    const parsed = credential.safeParse(item).data;
    if (parsed?.type === "username_password") {
      revealed.usernamePassword = {
        username: new Secret(parsed.username),
        ...(parsed.password === "" ? {} : { password: new Secret(parsed.password) }),
      };
    } else if (parsed?.type === "authenticator") {
      const made = parseAuthenticator({ secret: parsed.secret });
      if (made.ok) {
        const { secret, ...rest } = made.authenticator;
        revealed.authenticator = { secret: new Secret(secret), ...rest };
      }
    } else if (parsed?.type === "custom") {
      revealed.custom = Object.fromEntries(parsed.fields.map(({ name, value }) => [name, new Secret(value)]));
    }
  }
  const { usernamePassword, custom = {} } = revealed;
  return usernamePassword === undefined && Object.keys(custom).length === 0 ? undefined : revealed;
}
