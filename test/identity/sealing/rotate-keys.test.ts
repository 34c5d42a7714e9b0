import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createIdentities } from "../../../src/identity/identities.ts";
import { openKeyring } from "../../../src/identity/sealing/keyring.ts";
import { type RotationCounts, rotateKeys } from "../../../src/identity/sealing/rotate-keys.ts";
import { rotateProjectKeys } from "../../../src/identity/sealing/rotate-project-keys.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { createWebhookSecrets } from "../../../src/job/webhooks/secrets.ts";
import { Secret } from "../../../src/secret.ts";
import { createProfiles } from "../../../src/session/profiles.ts";
import { newIdentity, openTestKeyring, testKey } from "../../support/identities.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";

const log = pino({ level: "silent" });
const actor = { name: "cli:ada" };
const [first, second, third] = [testKey(), testKey(), testKey()];
let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const identitiesWith = async (...keys: [Secret, ...Secret[]]) =>
  createIdentities({ db: db.database, keyring: await openTestKeyring(...keys), log });

test("keys rotate while workers read and write, until the old one is needed no more", async () => {
  const old = await identitiesWith(first);
  const made: Identity[] = [];
  for (let n = 0; n < 450; n += 1) {
    const credentials = [{ type: "custom" as const, fields: { n: new Secret(`value ${n}`) } }];
    made.push(await old.create("default", newIdentity({ credentials }), actor));
  }

  // A worker with both keys, as during a rotation, that never stops reading and writing.
  const worker = await identitiesWith(second, first);
  let rotating = true;
  let reads = 0;
  const working = (async () => {
    for (let n = 0; rotating; n = (n + 7) % made.length) {
      const { id } = made[n] ?? { id: "" };
      const revealed = await worker.revealCredentials(id, actor);
      expect(revealed.custom?.["n"]?.reveal()).toMatch(new RegExp(`^(?:value|changed) ${n}$`));
      const credentials = [{ type: "custom" as const, fields: { n: new Secret(`changed ${n}`) } }];
      if (n % 3 === 0) await worker.update("default", id, { credentials }, actor);
      reads += 1;
    }
  })();
  const keyring = await openTestKeyring(second, first);
  const counts = await rotateKeys({ db: db.database, keyring, log, actor });
  rotating = false;
  await working;
  expect(counts).toEqual({ rotated: 450, current: 0, unavailable: 0 });
  expect(reads).toBeGreaterThan(0);

  const after = await identitiesWith(second);
  for (const { id } of made.slice(0, 20)) {
    expect((await after.revealCredentials(id, actor)).custom?.["n"]?.reveal()).toMatch(/^(?:value|changed)/);
  }
  const { id } = made[0] ?? { id: "" };
  expect((await after.audit("default", id)).map(({ action }) => action)).toContain("key.rotated");
  await expect(old.revealCredentials(id, actor)).rejects.toMatchObject({ code: "key_unavailable" });
  expect(await rotateKeys({ db: db.database, keyring, log })).toEqual({
    rotated: 0,
    current: 450,
    unavailable: 0,
  });
});

test("two rotations at once do each record once", async () => {
  const keyring = await openTestKeyring(third, second);
  const { kysely } = db.database;
  let rotations: Promise<RotationCounts>[] = [];
  await kysely.transaction().execute(async (trx) => {
    await sql`select from identities for update`.execute(trx);
    rotations = [1, 2].map(() => rotateKeys({ db: db.database, keyring, log }));
    // Both have read the same records by the time both wait to write them.
    const waiting = () =>
      sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
        .execute(kysely)
        .then(({ rows }) => rows.length);
    await expect.poll(waiting).toBe(2);
  });
  const both = await Promise.all(rotations);
  expect(both.reduce((sum, { rotated }) => sum + rotated, 0)).toBe(450);
});

test("records under a key that is not at hand are counted and left as they are", async () => {
  const strangers = await identitiesWith(testKey());
  const stranger = await strangers.create("default", newIdentity(), actor);
  const keyring = await openTestKeyring(third);
  expect(await rotateKeys({ db: db.database, keyring, log })).toEqual({
    rotated: 0,
    current: 450,
    unavailable: 1,
  });
  const revealed = await strangers.revealCredentials(stranger.id, actor);
  expect(revealed.usernamePassword?.username.reveal()).toBe("ada");
});

test("a key in the data folder is renewed, and processes that run read it when they meet it", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-keys-"));
  try {
    const options = { previousMasterKeys: [], dataDir, embedded: true };
    const [rotating, running] = await Promise.all([openKeyring(options), openKeyring(options)]);
    const id = randomUUID();
    const { key, wrapped } = running.newDataKey(id);
    const oldKeyId = running.currentKeyId;
    expect(await rotating.renew()).toBe(true);
    expect(rotating.currentKeyId).not.toBe(oldKeyId);

    const rewrapped = rotating.rewrap(id, wrapped);
    expect(running.unwrap(id, rewrapped)).toEqual(key);
    expect(running.currentKeyId).toBe(rotating.currentKeyId);
    // What a process that has not met the new key yet wrapped under the old one can still be opened by all.
    expect((await openKeyring(options)).unwrap(id, wrapped)).toEqual(key);
    expect((await stat(join(dataDir, "master.key"))).mode & 0o777).toBe(0o600);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

test("keys that are settings are not renewed", async () => {
  const masterKey = new Secret(randomBytes(32).toString("base64"));
  const keyring = await openKeyring({
    masterKey,
    previousMasterKeys: [],
    dataDir: "/nonexistent",
    embedded: true,
  });
  expect(await keyring.renew()).toBe(false);
});

test("webhook secrets and profiles go over to the new key, and are counted where their key is not at hand", async () => {
  const { kysely } = db.database;
  const before = createWebhookSecrets({ db: kysely, keyring: await openTestKeyring(first) });
  const [made] = await before.active("default");
  const state = { cookies: [], origins: [], sessionStorage: { "https://a.example": { tab: "one" } } };
  await createProfiles({ db: kysely, keyring: await openTestKeyring(first) }).save("default", "kept", state);
  const without = await openTestKeyring(third);
  expect(await rotateProjectKeys({ kysely, keyring: without, log })).toBe(2);
  const both = await openTestKeyring(second, first);
  expect(await rotateProjectKeys({ kysely, keyring: both, log })).toBe(0);
  const after = createWebhookSecrets({ db: kysely, keyring: await openTestKeyring(second) });
  expect((await after.active("default"))[0]?.reveal()).toBe(made?.reveal());
  const profiles = createProfiles({ db: kysely, keyring: await openTestKeyring(second) });
  expect(await profiles.load("default", "kept")).toEqual(state);
});
