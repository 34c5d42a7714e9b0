/**
 * What one origin keeps in a frame, as plain JSON. `localStorage` and `indexedDB` have the shape of Playwright's
 * `storageState`, which restores them.
 */
export interface CollectedStorage {
  origin: string;
  localStorage: { name: string; value: string }[];
  sessionStorage: Record<string, string>;
  indexedDB: unknown[];
  /** What could not be read, in a few words each: `database "cache": too large`. */
  skipped: string[];
}

export interface CollectLimits {
  /** Records of one database. */
  records: number;
  /** Characters of one database, encoded. */
  characters: number;
  /** Milliseconds for all databases. */
  databaseMs: number;
}

/**
 * Reads the storage of the frame it runs in. It is sent to the page as text, so it uses nothing from outside itself.
 * Changes nothing: databases are opened as they are, and let go at once when the site wants to upgrade them.
 */
export async function collectStorage(limits: CollectLimits): Promise<CollectedStorage> {
  type Encoded = unknown;
  const skipped: string[] = [];

  const constructors: Record<string, Function> = {
    i8: Int8Array,
    ui8: Uint8Array,
    ui8c: Uint8ClampedArray,
    i16: Int16Array,
    ui16: Uint16Array,
    i32: Int32Array,
    ui32: Uint32Array,
    f32: Float32Array,
    f64: Float64Array,
    bi64: BigInt64Array,
    bui64: BigUint64Array,
  };

  class Unsupported extends Error {}

  /** Whether JSON gives the value back as it is. */
  const isPlain = (value: unknown, within: Set<unknown>): boolean => {
    if (value === null || typeof value === "string" || typeof value === "boolean") return true;
    if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
    if (typeof value !== "object" || within.has(value)) return false;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (!Array.isArray(value) && prototype !== Object.prototype) return false;
    within.add(value);
    const members = Array.isArray(value) ? Array.from(value) : Object.values(value);
    return members.every((member) => isPlain(member, within));
  };

  const base64 = (bytes: Uint8Array): string => {
    let binary = "";
    for (let at = 0; at < bytes.length; at += 0x8000)
      binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(binary);
  };

  /** Playwright's encoding of what JSON cannot hold. */
  const encode = (value: unknown, seen: Map<unknown, number>): Encoded => {
    if (value === undefined) return { v: "undefined" };
    if (value === null) return { v: "null" };
    if (typeof value === "number") {
      if (Number.isNaN(value)) return { v: "NaN" };
      if (Object.is(value, -0)) return { v: "-0" };
      if (!Number.isFinite(value)) return { v: value > 0 ? "Infinity" : "-Infinity" };
      return value;
    }
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "bigint") return { bi: value.toString() };
    if (typeof value !== "object") throw new Unsupported(typeof value);
    if (value instanceof Date) return { d: value.toJSON() };
    if (value instanceof RegExp) return { r: { p: value.source, f: value.flags } };
    if (value instanceof Error) return { e: { n: value.name, m: value.message, s: value.stack ?? "" } };
    if (value instanceof ArrayBuffer) return { ab: { b: base64(new Uint8Array(value)) } };
    for (const [kind, constructor] of Object.entries(constructors)) {
      if (!(value instanceof constructor) || !ArrayBuffer.isView(value)) continue;
      return { ta: { b: base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)), k: kind } };
    }
    const known = seen.get(value);
    if (known !== undefined) return { ref: known };
    const id = seen.size + 1;
    seen.set(value, id);
    if (value instanceof Map)
      return { m: [...value].map(([k, v]) => ({ k: encode(k, seen), v: encode(v, seen) })), id };
    if (value instanceof Set) return { s: [...value].map((item) => encode(item, seen)), id };
    if (Array.isArray(value)) return { a: Array.from(value, (item) => encode(item, seen)), id };
    // A Blob, a CryptoKey, a file handle: an empty object in its place would break the site, nothing does not.
    if (Object.getPrototypeOf(value) !== Object.prototype)
      throw new Unsupported(Object.prototype.toString.call(value).slice(8, -1));
    return { o: Object.entries(value).map(([k, v]) => ({ k, v: encode(v, seen) })), id };
  };

  const result = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("request failed"));
    });

  const open = (name: string): Promise<IDBDatabase> => {
    const request = indexedDB.open(name);
    // It went away since it was listed: opening must not bring it back.
    request.onupgradeneeded = () => request.transaction?.abort();
    return result(request);
  };

  const collectStore = async (
    database: IDBDatabase,
    store: IDBObjectStore,
    budget: { records: number; characters: number },
  ) => {
    const records: Record<string, unknown>[] = [];
    let after: IDBKeyRange | null = null;
    for (;;) {
      const [keys, values]: [IDBValidKey[], unknown[]] = await Promise.all([
        result(store.getAllKeys(after, 100)),
        result(store.getAll(after, 100)),
      ]);
      for (const [index, key] of keys.entries()) {
        const value = values[index];
        try {
          const record: Record<string, unknown> = {};
          if (store.keyPath === null) {
            if (isPlain(key, new Set())) record["key"] = key;
            else record["keyEncoded"] = encode(key, new Map());
          }
          if (isPlain(value, new Set())) record["value"] = value;
          else record["valueEncoded"] = encode(value, new Map());
          budget.characters -= JSON.stringify(record).length;
          records.push(record);
        } catch (error) {
          if (!(error instanceof Unsupported)) throw error;
          skipped.push(`a record of "${database.name}"/"${store.name}": holds a ${error.message}`);
        }
        budget.records -= 1;
        if (budget.records < 0 || budget.characters < 0) throw new Error("too large");
      }
      const last = keys.at(-1);
      if (last === undefined || keys.length < 100) return records;
      after = IDBKeyRange.lowerBound(last, true);
    }
  };

  const paths = (keyPath: string | string[] | null) => ({
    ...(typeof keyPath === "string" ? { keyPath } : {}),
    ...(Array.isArray(keyPath) ? { keyPathArray: keyPath } : {}),
  });

  const collectDatabase = async (name: string): Promise<unknown> => {
    const database = await open(name);
    database.onversionchange = () => database.close();
    try {
      const stores: unknown[] = [];
      const budget = { records: limits.records, characters: limits.characters };
      // A transaction over no store at all is an error.
      const names = [...database.objectStoreNames];
      const transaction = names.length === 0 ? undefined : database.transaction(names, "readonly");
      for (const storeName of names) {
        const store = transaction?.objectStore(storeName);
        if (store === undefined) continue;
        const indexes = [...store.indexNames].map((indexName) => {
          const { name: ofIndex, keyPath, multiEntry, unique } = store.index(indexName);
          return { name: ofIndex, ...paths(keyPath), multiEntry, unique };
        });
        const records = await collectStore(database, store, budget);
        stores.push({
          name: storeName,
          records,
          indexes,
          autoIncrement: store.autoIncrement,
          ...paths(store.keyPath),
        });
      }
      return { name, version: database.version, stores };
    } finally {
      database.close();
    }
  };

  const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), limits.databaseMs));

  const collectDatabases = async (): Promise<unknown[]> => {
    const listed = await Promise.race([indexedDB.databases(), late]);
    if (listed === "late") throw new Error("the list of databases did not come");
    const collected = await Promise.all(
      listed.map(async ({ name = "" }) => {
        try {
          if (name === "") throw new Error("has no name");
          const database = await Promise.race([collectDatabase(name), late]);
          if (database === "late") throw new Error("took too long");
          return [database];
        } catch (error) {
          skipped.push(`database "${name}": ${error instanceof Error ? error.message : "unreadable"}`);
          return [];
        }
      }),
    );
    return collected.flat();
  };

  const entries = (read: () => Storage, what: string): [string, string][] => {
    try {
      const storage = read();
      return Array.from({ length: storage.length }, (_, index) => storage.key(index))
        .filter((key) => key !== null)
        .map((key): [string, string] => [key, storage.getItem(key) ?? ""]);
    } catch {
      skipped.push(`${what}: blocked`);
      return [];
    }
  };

  return {
    origin: self.origin,
    localStorage: entries(() => localStorage, "localStorage").map(([name, value]) => ({ name, value })),
    sessionStorage: Object.fromEntries(entries(() => sessionStorage, "sessionStorage")),
    indexedDB: await collectDatabases().catch((error: unknown) => {
      skipped.push(`IndexedDB: ${error instanceof Error ? error.message : "unreadable"}`);
      return [];
    }),
    skipped,
  };
}
