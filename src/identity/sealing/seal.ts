import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Failure } from "../../failure.ts";
import type { CredentialType } from "../types.ts";

/** What a sealed value belongs to; it opens for nothing else. */
export interface SealedPlace {
  /** Of the identity; or `project:<name>` for what belongs to a project as a whole. */
  identityId: string;
  field: CredentialType | "data_key" | "saved_state" | "handed_in_code" | "webhook_secret" | "signal";
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;

/**
 * Seals bytes with AES-256-GCM (NIST SP 800-38D): version, random 96-bit nonce, tag, ciphertext.
 * The place is bound as additional data, so a record moved to another identity or field does not open.
 */
export function seal(key: Buffer, place: SealedPlace, plain: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(additionalData(place));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), body]);
}

/**
 * Opens what `seal` made with the same key and place.
 * @throws Failure `key_unavailable` when the key is another, the record was altered or belongs elsewhere: the three
 * cannot be told apart.
 */
export function open(key: Buffer, place: SealedPlace, sealed: Uint8Array): Buffer {
  const record = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (record.length < headerBytes || record[0] !== version) throw doesNotOpen(place);
  const decipher = createDecipheriv("aes-256-gcm", key, record.subarray(1, 1 + nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(additionalData(place));
  decipher.setAuthTag(record.subarray(1 + nonceBytes, headerBytes));
  try {
    return Buffer.concat([decipher.update(record.subarray(headerBytes)), decipher.final()]);
  } catch (cause) {
    throw doesNotOpen(place, cause);
  }
}

/** Whose a sealed value is, in words. */
export function ownerOf(identityId: string): string {
  return identityId.startsWith("project:") ? identityId.replace(":", " ") : `identity ${identityId}`;
}

/** The version is part of it, so that a later format cannot be passed off as this one. */
function additionalData({ identityId, field }: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify(["latchkey", version, identityId, field]));
}

function doesNotOpen({ identityId, field }: SealedPlace, cause?: unknown): Failure {
  return new Failure(
    "key_unavailable",
    `The ${field} of ${ownerOf(identityId)} does not open: it was sealed under another key, altered, or copied from elsewhere.`,
    { cause },
  );
}
