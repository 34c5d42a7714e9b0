import { argon2, createHmac } from "node:crypto";
import { promisify } from "node:util";
import type { Keyring } from "../../../identity/keyring.ts";
import type { Secret } from "../../../secret.ts";

/** Tells a password that is kept to be typed as Kratos would have kept it. */
export interface PasswordHashes {
  /** In PHC's form; the same each time, until the password or the master key changes. */
  of(identity: { id: string; credentialsVersion: number }, password: Secret): Promise<string>;
}

const purpose = "shown password hashes";
/** OWASP's recommendation for argon2id: 19 MiB, two passes. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 };
const saltBytes = 16;
const hashBytes = 32;

const hash = promisify(argon2);

/** Under salts made from the master key: nobody else can make them beforehand. */
export function createPasswordHashes({ keyring }: { keyring: Pick<Keyring, "derive"> }): PasswordHashes {
  return {
    async of({ id, credentialsVersion }, password) {
      const { key } = keyring.derive(purpose) ?? {};
      if (key === undefined) throw new TypeError("The keyring has no current key.");
      const nonce = createHmac("sha256", key)
        .update(JSON.stringify([id, credentialsVersion]))
        .digest()
        .subarray(0, saltBytes);
      const made = await hash("argon2id", {
        ...cost,
        message: password.reveal(),
        nonce,
        tagLength: hashBytes,
      });
      const { memory, passes, parallelism } = cost;
      return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${phc(nonce)}$${phc(made)}`;
    },
  };
}

const phc = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
