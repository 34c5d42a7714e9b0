import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { createIdentities, type Identities } from "../../src/identity/identities.ts";
import type { NewIdentity } from "../../src/identity/identity-input.ts";
import { createLeases, type Leases } from "../../src/identity/leases/leases.ts";
import { type Keyring, openKeyring } from "../../src/identity/sealing/keyring.ts";
import { createRedactor, type Redactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";
import { createTestDatabase, type TestDatabase } from "./postgres.ts";

/** A database of its own with identities, leases and a key. */
export interface TestIdentities extends AsyncDisposable {
  db: TestDatabase;
  keyring: Keyring;
  redactor: Redactor;
  identities: Identities;
  leases: Leases;
}

export async function openTestIdentities({
  ttlMs = 30_000,
}: {
  ttlMs?: number;
} = {}): Promise<TestIdentities> {
  const log = pino({ level: "silent" });
  const db = await createTestDatabase();
  const keyring = await openTestKeyring();
  const redactor = createRedactor();
  const identities = createIdentities({ db: db.database, keyring, redactor, log });
  const leases = createLeases({ db: db.database, holder: "test", ttlMs, log });
  return {
    db,
    keyring,
    redactor,
    identities,
    leases,
    async [Symbol.asyncDispose]() {
      await leases.close();
      await db.drop();
    },
  };
}

export const testKey = (): Secret => new Secret(randomBytes(32).toString("base64"));

export async function openTestKeyring(masterKey = testKey(), ...previous: Secret[]): Promise<Keyring> {
  return await openKeyring({
    masterKey,
    previousMasterKeys: previous,
    dataDir: "/nonexistent",
    embedded: false,
  });
}

/** A usable identity; `change` over it. */
export function newIdentity(change: Partial<NewIdentity> = {}): NewIdentity {
  return {
    sourceUrl: "https://app.example.com/home",
    credentials: [
      { type: "username_password", username: new Secret("ada"), password: new Secret("correct horse") },
    ],
    ...change,
  };
}
