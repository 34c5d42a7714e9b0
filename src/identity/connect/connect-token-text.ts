import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Secret } from "../../secret.ts";
import type { Keyring } from "../sealing/keyring.ts";

/** Makes the texts of connect tokens, and tells those it made from guesses without asking the database. */
export interface ConnectTokenTexts {
  make(): Secret;
  /** Whether a text was made by `make`, by any server with the same master keys. */
  isOurs(text: string): boolean;
}

/** Says what it is wherever it turns up: in a log, in a scanner for secrets. */
const prefix = "lct_";
const purpose = "connect tokens";
const keyIdBytes = 6;
/** 192 bits that nobody guesses; what follows them is signed with the server's key, so that guesses cost one hash. */
const randomPart = 24;
const macBytes = 12;
const bytes = keyIdBytes + randomPart + macBytes;
/** 42 bytes are 56 digits of base64url, and none left over: a token has one way of being written. */
const shape = /^lct_[\w-]{56}$/;

export function createConnectTokenTexts({
  keyring,
}: {
  keyring: Pick<Keyring, "derive">;
}): ConnectTokenTexts {
  const macOf = (key: Buffer, body: Buffer) =>
    createHmac("sha256", key).update(body).digest().subarray(0, macBytes);

  return {
    make() {
      const { keyId, key } = keyring.derive(purpose) ?? {};
      if (keyId === undefined || key === undefined) throw new TypeError("The keyring has no current key.");
      const body = Buffer.concat([Buffer.from(keyId, "hex"), randomBytes(randomPart)]);
      return new Secret(prefix + Buffer.concat([body, macOf(key, body)]).toString("base64url"));
    },

    isOurs(text) {
      if (!shape.test(text)) return false;
      const given = Buffer.from(text.slice(prefix.length), "base64url");
      const body = given.subarray(0, bytes - macBytes);
      const key = keyring.derive(purpose, body.subarray(0, keyIdBytes).toString("hex"))?.key;
      return key !== undefined && timingSafeEqual(given.subarray(bytes - macBytes), macOf(key, body));
    },
  };
}

/** What is stored of a token, and what tells its maker which of theirs was used. */
export function hashOfConnectToken(token: Secret): Buffer {
  return createHash("sha256").update(token.reveal()).digest();
}
