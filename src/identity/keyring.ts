import { createHash, randomBytes } from "node:crypto";
import { Failure } from "../failure.ts";
import type { Secret } from "../secret.ts";
import { readOrMakeKeyFile } from "./key-file.ts";
import { open, seal } from "./seal.ts";

const keyBytes = 32;

/** A data key as it is stored: wrapped, with the id of the master key that opens it. */
export interface WrappedKey {
  dataKey: Buffer;
  keyId: string;
}

/** The master keys of this process: the current one wraps, previous ones still open. */
export interface Keyring {
  /** Short hash of the current master key; tells keys apart, reveals nothing. */
  readonly currentKeyId: string;
  /** Makes an identity's data key: 32 random bytes, and their wrapped form to store. */
  newDataKey(identityId: string): { key: Buffer; wrapped: WrappedKey };
  /** @throws Failure `key_unavailable` */
  unwrap(identityId: string, wrapped: WrappedKey): Buffer;
  /** The same data key under the current master key. @throws Failure `key_unavailable` */
  rewrap(identityId: string, wrapped: WrappedKey): WrappedKey;
}

export interface KeyringOptions {
  masterKey?: Secret | undefined;
  previousMasterKeys: readonly Secret[];
  dataDir: string;
  /** Whether the database is the embedded one: its key may then live beside it, in the data folder. */
  embedded: boolean;
}

/**
 * Opens the keyring. Without a master key and with the embedded database, the key is `<dataDir>/master.key`, made on
 * first start.
 * @throws Failure `invalid_config` naming the setting or file, never a key.
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const current = await currentKey(options);
  const previous = options.previousMasterKeys.map((key) =>
    parseKey(key.reveal(), "LATCHKEY_PREVIOUS_MASTER_KEYS"),
  );
  const keys = new Map([...previous, current].map((key) => [idOf(key), key]));
  const currentKeyId = idOf(current);

  const wrap = (identityId: string, key: Buffer): WrappedKey => ({
    dataKey: seal(current, { identityId, field: "data_key" }, key),
    keyId: currentKeyId,
  });
  const unwrap = (identityId: string, { dataKey, keyId }: WrappedKey): Buffer => {
    const key = keys.get(keyId);
    if (key === undefined) {
      throw new Failure(
        "key_unavailable",
        `Identity ${identityId} is sealed under master key ${keyId}; this process has ${[...keys.keys()].join(", ")}.`,
      );
    }
    return open(key, { identityId, field: "data_key" }, dataKey);
  };

  return {
    currentKeyId,
    newDataKey(identityId) {
      const key = randomBytes(keyBytes);
      return { key, wrapped: wrap(identityId, key) };
    },
    unwrap,
    rewrap: (identityId, wrapped) => wrap(identityId, unwrap(identityId, wrapped)),
  };
}

async function currentKey({ masterKey, dataDir, embedded }: KeyringOptions): Promise<Buffer> {
  if (masterKey !== undefined) return parseKey(masterKey.reveal(), "LATCHKEY_MASTER_KEY");
  if (!embedded) {
    throw new Failure(
      "invalid_config",
      "LATCHKEY_MASTER_KEY is needed with DATABASE_URL, the same for every worker: make one with `openssl rand -base64 32` and keep it apart from the database.",
    );
  }
  const file = await readOrMakeKeyFile(dataDir, () => randomBytes(keyBytes).toString("base64"));
  return parseKey(file.content, file.path);
}

/** Reads 32 bytes written as base64, base64url or hex. `source` names the setting or file in the failure. */
function parseKey(text: string, source: string): Buffer {
  const trimmed = text.trim();
  // Hex first: 64 hex digits are base64 too, of 48 bytes that nobody means.
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, "hex");
  // 32 bytes are 43 digits and one "=", which may be left out. Node's decoder reads both alphabets.
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return Buffer.from(trimmed, "base64url");
  throw new Failure(
    "invalid_config",
    `${source} is not a key of 32 bytes in base64 or hex: make one with \`openssl rand -base64 32\`.`,
  );
}

function idOf(key: Buffer): string {
  return createHash("sha256").update("latchkey master key id\0").update(key).digest("hex").slice(0, 12);
}
