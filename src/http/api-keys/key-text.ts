import { createHash, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";
import { Secret } from "../../secret.ts";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 12;
/** 43 digits to the base of 62 are 256 bits. */
const secretLength = 43;
const checkLength = 6;

/**
 * `lk_<id>_<secret><checksum>`, every part of letters and digits alone, so that a double click takes the whole of it
 * and a secret scanner knows it: the checksum is the CRC-32 of what stands before it, to the base of 62, as GitHub's
 * tokens have it.
 */
const pattern = /^lk_(?<id>[0-9A-Za-z]{12})_[0-9A-Za-z]{43}(?<check>[0-9A-Za-z]{6})$/;

/** Makes a key of 256 random bits. `hash` is what is stored. */
export function makeKey(): { id: string; key: Secret; hash: Buffer } {
  const id = randomDigits(idLength);
  const body = `lk_${id}_${randomDigits(secretLength)}`;
  const key = new Secret(`${body}${checksum(body)}`);
  return { id, key, hash: hashKey(key) };
}

/** The id in a key, or undefined for text that cannot be a key: a misspelt one costs no look-up. */
export function readKeyId(key: Secret): string | undefined {
  const text = key.reveal();
  const groups = pattern.exec(text)?.groups;
  if (groups?.["check"] !== checksum(text.slice(0, -checkLength))) return undefined;
  return groups["id"];
}

export function hashKey(key: Secret): Buffer {
  return createHash("sha256").update(key.reveal()).digest();
}

function randomDigits(length: number): string {
  return Array.from({ length }, () => digits[randomInt(digits.length)]).join("");
}

function checksum(text: string): string {
  let rest = crc32(text);
  let check = "";
  for (let place = 0; place < checkLength; place += 1) {
    check = `${digits[rest % digits.length]}${check}`;
    rest = Math.floor(rest / digits.length);
  }
  return check;
}
