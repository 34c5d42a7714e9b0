import { createPrivateKey, createPublicKey } from "node:crypto";
import { parse } from "tldts";
import { z } from "zod";
import { isLoopback } from "../domains.ts";
import { secretSchema } from "./secret-input.ts";

const base64url = z
  .string()
  .min(1)
  .max(4_000)
  .regex(/^[\w-]+$/, "is not base64url");

/** A passkey as Playwright's `context.credentials.get()` exports it; the two keys are seen to belong together. */
export const passkeySchema = z
  .strictObject({
    type: z.literal("passkey"),
    rpId: z.string().superRefine((rpId, context) => {
      if (isLoopback(rpId)) return;
      // WebAuthn §5.1.2: a registrable domain, or a host below one.
      const { hostname, domain } = parse(rpId, { allowPrivateDomains: true });
      if (hostname !== rpId || domain === null)
        context.addIssue({ code: "custom", message: "is not a domain, as in login.example.com" });
    }),
    id: base64url,
    userHandle: base64url,
    privateKey: secretSchema,
    publicKey: base64url,
    signCount: z.number().int().min(0).max(0xffff_ffff).default(0),
  })
  .superRefine(({ privateKey, publicKey }, context) => {
    if (!isKeyPair(privateKey.reveal(), publicKey)) {
      context.addIssue({
        code: "custom",
        path: ["privateKey"],
        message:
          "and publicKey are no pair of keys (PKCS #8 and SubjectPublicKeyInfo, DER, base64url): export the passkey again",
      });
    }
  });

/** What the library throws may quote the key: nothing of it is kept. */
function isKeyPair(privateKey: string, publicKey: string): boolean {
  try {
    const key = createPrivateKey({ key: Buffer.from(privateKey, "base64url"), format: "der", type: "pkcs8" });
    const given = Buffer.from(publicKey, "base64url");
    return createPublicKey(key).export({ format: "der", type: "spki" }).equals(given);
  } catch {
    return false;
  }
}
