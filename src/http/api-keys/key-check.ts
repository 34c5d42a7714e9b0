import { timingSafeEqual } from "node:crypto";
import type { Database } from "../../database/open.ts";
import type { Logger } from "../../log.ts";
import type { Secret } from "../../secret.ts";
import { type ApiKeys, apiKeyChannel, type StoredApiKey } from "./key-store.ts";
import { hashKey, readKeyId } from "./key-text.ts";
import type { Scope } from "./scopes.ts";

/** Who makes a request. */
export interface Caller {
  keyId: string;
  project: string;
  scope: Scope;
}

/** Tells good keys from others. */
export interface KeyCheck extends AsyncDisposable {
  /** Whether the key with this id is one that was good lately, so that looking it up costs nothing. */
  knows(key: Secret): boolean;
  /** Whose key it is, or undefined for one that is malformed, unknown, removed or expired. */
  check(key: Secret): Promise<Caller | undefined>;
}

/** How long a key is believed without a look into the database, in milliseconds; a removal is told at once. */
const rememberMs = 30_000;
/** How exact `lastUsedAt` is, in milliseconds. */
const usedEveryMs = 60_000;
const mostRemembered = 10_000;

interface Remembered {
  key: StoredApiKey;
  until: number;
  usedAt: number;
}

/** Opens the check; it listens for keys that are removed. */
export async function openKeyCheck({
  keys,
  database,
  log,
}: {
  keys: ApiKeys;
  database: Pick<Database, "listen">;
  log: Logger;
}): Promise<KeyCheck> {
  const remembered = new Map<string, Remembered>();
  const looking = new Map<string, Promise<StoredApiKey | undefined>>();
  // Raised by each removal: what was read before one is not remembered after it.
  let removals = 0;
  const listening = await database.listen(
    apiKeyChannel,
    (id) => {
      removals += 1;
      remembered.delete(id);
    },
    () => {
      removals += 1;
      remembered.clear();
    },
  );

  /** One look-up for all who present the same key at once. */
  function find(id: string): Promise<StoredApiKey | undefined> {
    const found = looking.get(id) ?? keys.find(id).finally(() => looking.delete(id));
    looking.set(id, found);
    return found;
  }

  async function recall(id: string): Promise<Remembered | undefined> {
    const known = remembered.get(id);
    if (known !== undefined && known.until > Date.now()) return known;
    const before = removals;
    const key = await find(id);
    if (key === undefined) {
      remembered.delete(id);
      return undefined;
    }
    const usedAt = known?.usedAt ?? key.lastUsedAt?.getTime() ?? 0;
    const fresh = { key, until: Date.now() + rememberMs, usedAt };
    if (remembered.size >= mostRemembered) remembered.clear();
    if (removals === before) remembered.set(id, fresh);
    return fresh;
  }

  function markUsed(entry: Remembered): void {
    if (Date.now() - entry.usedAt < usedEveryMs) return;
    entry.usedAt = Date.now();
    keys
      .markUsed(entry.key.id)
      .catch((err: unknown) => log.warn({ err }, "the use of a key was not recorded"));
  }

  return {
    knows(key) {
      const id = readKeyId(key);
      return id !== undefined && remembered.has(id);
    },
    async check(key) {
      const id = readKeyId(key);
      if (id === undefined) return undefined;
      const entry = await recall(id);
      if (entry === undefined) return undefined;
      const { hash, project, scope, expiresAt } = entry.key;
      if (!timingSafeEqual(hash, hashKey(key))) return undefined;
      if (expiresAt !== null && expiresAt.getTime() <= Date.now()) return undefined;
      markUsed(entry);
      return { keyId: id, project, scope };
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}
