import { createHmac } from "node:crypto";
import type { RequestFingerprint } from "../identity/records/identity-requests.ts";
import type { Keyring } from "../identity/sealing/keyring.ts";
import { sortKeys } from "./idempotency.ts";

/** Tells whether a request is the same as an earlier one, where its body may hold secrets. */
export interface Fingerprints {
  /** The same for the same value, however its JSON is ordered. */
  of(value: unknown): RequestFingerprint;
}

const purpose = "request fingerprints";
const hashBytes = 32;

/**
 * Under a key made from the master key: a plain hash of a body could be searched for the password in it. The master
 * key's id stands in front, so that a request is known again when the key was changed since, while it is at hand.
 */
export function createFingerprints({ keyring }: { keyring: Pick<Keyring, "derive"> }): Fingerprints {
  return {
    of(value) {
      const text = JSON.stringify(value, sortKeys);
      const bytesUnder = (masterKeyId?: string): Buffer | undefined => {
        const derived = keyring.derive(purpose, masterKeyId);
        if (derived === undefined) return undefined;
        const hash = createHmac("sha256", derived.key).update(text).digest();
        return Buffer.concat([Buffer.from(derived.keyId), hash]);
      };
      const bytes = bytesUnder();
      if (bytes === undefined) throw new TypeError("The keyring has no current key.");
      return {
        bytes,
        isSame(stored) {
          const masterKeyId = stored.subarray(0, -hashBytes).toString();
          return bytesUnder(masterKeyId)?.equals(stored) ?? false;
        },
      };
    },
  };
}
