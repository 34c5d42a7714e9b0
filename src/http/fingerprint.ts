import { createHmac } from "node:crypto";
import type { Keyring } from "../identity/keyring.ts";
import { sortKeys } from "./idempotency.ts";

/** Tells whether a request is the same as an earlier one, where its body may hold secrets. */
export interface Fingerprints {
  /** The same bytes for the same value, however its JSON is ordered, while the master key is. */
  of(value: unknown): Buffer;
}

const purpose = "request fingerprints";

/** Under a key made from the master key: a plain hash of a body could be searched for the password in it. */
export function createFingerprints({ keyring }: { keyring: Pick<Keyring, "derive"> }): Fingerprints {
  return {
    of(value) {
      const { key } = keyring.derive(purpose) ?? {};
      if (key === undefined) throw new TypeError("The keyring has no current key.");
      return createHmac("sha256", key).update(JSON.stringify(value, sortKeys)).digest();
    },
  };
}
