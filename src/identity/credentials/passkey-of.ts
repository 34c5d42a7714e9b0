import { createPrivateKey, createPublicKey } from "node:crypto";
import { Secret } from "../../secret.ts";
import type { RevealedPasskey } from "../types.ts";

/**
 * A passkey as an authenticator gives it out, with the public key that belongs to its private one.
 * @throws where the private key is none; the error may quote it, so nothing of it may be kept
 */
export function passkeyOf({
  privateKey,
  ...rest
}: Omit<RevealedPasskey, "privateKey" | "publicKey"> & { privateKey: string }): RevealedPasskey {
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64url"), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64url");
  return { ...rest, publicKey, privateKey: new Secret(privateKey) };
}
