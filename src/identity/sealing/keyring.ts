import { createHash, hkdfSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { Failure } from "../../failure.ts";
import type { Secret } from "../../secret.ts";
import { addToKeyFile, readKeyFile, readOrMakeKeyFile } from "./key-file.ts";
import { open, ownerOf, seal } from "./seal.ts";

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
  /**
   * A key for another use than sealing, named by `purpose`: from the current master key, or from the one of `keyId`;
   * undefined for one this process does not have.
   */
  derive(purpose: string, keyId?: string): { keyId: string; key: Buffer } | undefined;
  /**
   * Makes a new current key where the keys are in the data folder's file; the older ones stay in it, and processes
   * that run read it again when they meet the new one. False where the keys are settings: those are changed by hand.
   */
  renew(): Promise<boolean>;
}

export interface KeyringOptions {
  masterKey?: Secret | undefined;
  previousMasterKeys: readonly Secret[];
  dataDir: string;
  /** Whether the database is the embedded one: its key may then live beside it, in the data folder. */
  embedded: boolean;
}

/**
 * Opens the keyring. Without a master key and with the embedded database, the keys are those of `<dataDir>/master.key`,
 * made on first start: its first line is the current key, further lines are older ones.
 * @throws Failure `invalid_config` naming the setting or file, never a key.
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const keys = new Map<string, Buffer>();
  const learn = (text: string, source: string): Buffer => {
    const key = parseKey(text, source);
    keys.set(idOf(key), key);
    return key;
  };
  /** All keys of the file; the first is the current one. */
  const learnFile = (content: string, path: string): Buffer => {
    const [newest = "", ...older] = content.trim().split(/\r?\n/);
    for (const line of older) learn(line, path);
    return learn(newest, path);
  };
  for (const key of options.previousMasterKeys) learn(key.reveal(), "LATCHKEY_PREVIOUS_MASTER_KEYS");
  const file = keyFileOf(options);
  let current =
    file === undefined
      ? learn(options.masterKey?.reveal() ?? "", "LATCHKEY_MASTER_KEY")
      : learnFile(await readOrMakeKeyFile(file, newKey), file);

  const wrap = (identityId: string, key: Buffer): WrappedKey => ({
    dataKey: seal(current, { identityId, field: "data_key" }, key),
    keyId: idOf(current),
  });
  const find = (keyId: string): Buffer | undefined => {
    // A key this process has not seen yet: another process has rotated the file meanwhile.
    if (!keys.has(keyId) && file !== undefined) current = learnFile(readKeyFile(file), file);
    return keys.get(keyId);
  };
  const unwrap = (identityId: string, { dataKey, keyId }: WrappedKey): Buffer => {
    const key = find(keyId);
    if (key === undefined) {
      throw new Failure(
        "key_unavailable",
        `What is stored of ${ownerOf(identityId)} is sealed under master key ${keyId}; this process has ${[...keys.keys()].join(", ")}.`,
      );
    }
    return open(key, { identityId, field: "data_key" }, dataKey);
  };

  return {
    get currentKeyId() {
      return idOf(current);
    },
    newDataKey(identityId) {
      const key = randomBytes(keyBytes);
      return { key, wrapped: wrap(identityId, key) };
    },
    unwrap,
    rewrap: (identityId, wrapped) => wrap(identityId, unwrap(identityId, wrapped)),
    derive(purpose, keyId = idOf(current)) {
      const key = find(keyId);
      if (key === undefined) return undefined;
      return { keyId, key: Buffer.from(hkdfSync("sha256", key, "", `latchkey ${purpose}`, keyBytes)) };
    },
    async renew() {
      if (file === undefined) return false;
      current = learnFile(await addToKeyFile(file, newKey()), file);
      return true;
    },
  };
}

/** The file the keys are in, or undefined when they are settings. */
function keyFileOf({ masterKey, dataDir, embedded }: KeyringOptions): string | undefined {
  if (masterKey !== undefined) return undefined;
  if (!embedded) {
    throw new Failure(
      "invalid_config",
      "LATCHKEY_MASTER_KEY is needed with DATABASE_URL, the same for every worker: make one with `openssl rand -base64 32` and keep it apart from the database.",
    );
  }
  return join(dataDir, "master.key");
}

const newKey = () => randomBytes(keyBytes).toString("base64");

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
