import { createHmac, randomInt, timingSafeEqual } from "node:crypto";
import { Failure } from "../../failure.ts";
import { Secret } from "../../secret.ts";
import type { Keyring } from "../sealing/keyring.ts";

/** What is stored of a code: nothing that it could be found by without the master key. */
export interface StoredCode {
  hash: Buffer;
  /** Of the master key. */
  keyId: string;
}

/** The codes that are asked for before a recovery link is good for anything. */
export interface RecoveryCodes {
  /** Six digits, for one token. */
  make(tokenHash: Buffer): { code: Secret; stored: StoredCode };
  /** Takes the same time whatever is given. @throws Failure `key_unavailable` */
  isRight(code: Secret, tokenHash: Buffer, stored: StoredCode): boolean;
}

const purpose = "recovery codes";
const digits = 6;

/**
 * A million codes are tried in no time by whoever has their hash: it is keyed with the server's master key, and bound to
 * its token, so that it is nobody else's.
 */
export function createRecoveryCodes({ keyring }: { keyring: Pick<Keyring, "derive"> }): RecoveryCodes {
  const hashOf = (key: Buffer, tokenHash: Buffer, code: Secret) =>
    createHmac("sha256", key).update(tokenHash).update(code.reveal()).digest();

  return {
    make(tokenHash) {
      const derived = keyring.derive(purpose);
      if (derived === undefined) throw new TypeError("The keyring has no current key.");
      const { key, keyId } = derived;
      const code = new Secret(String(randomInt(10 ** digits)).padStart(digits, "0"));
      return { code, stored: { hash: hashOf(key, tokenHash, code), keyId } };
    },

    isRight(code, tokenHash, { hash, keyId }) {
      const derived = keyring.derive(purpose, keyId);
      if (derived === undefined)
        throw new Failure(
          "key_unavailable",
          "The recovery code was made under a master key that is not at hand.",
        );
      return timingSafeEqual(hash, hashOf(derived.key, tokenHash, code));
    },
  };
}

/**
 * The code in what somebody typed or pasted: with spaces or hyphens in it, in full-width digits or those of Arabic and
 * Persian. Undefined for what is none.
 */
export function readRecoveryCode(text: string): Secret | undefined {
  const code = text
    .normalize("NFKC")
    .replaceAll(/[\s\p{Dash}\p{Cf}]/gu, "")
    .replaceAll(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x0660))
    .replaceAll(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x06f0));
  return /^[0-9]{6}$/.test(code) ? new Secret(code) : undefined;
}
