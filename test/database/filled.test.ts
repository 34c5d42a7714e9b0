import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { Kysely, PostgresDialect, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/database/open.ts";
import { createApplications } from "../../src/identity/applications/applications.ts";
import {
  createConnectTokenTexts,
  hashOfConnectToken,
} from "../../src/identity/connect/connect-token-text.ts";
import { type ConnectTokens, createConnectTokens } from "../../src/identity/connect/connect-tokens.ts";
import { createConnectVisits } from "../../src/identity/connect/connect-visits.ts";
import { createHalfMadeIdentities } from "../../src/identity/connect/half-made.ts";
import { createIdentities, type Identities } from "../../src/identity/identities.ts";
import type { Keyring } from "../../src/identity/sealing/keyring.ts";
import { seal } from "../../src/identity/sealing/seal.ts";
import type { Secret } from "../../src/secret.ts";
import { openTestKeyring } from "../support/identities.ts";
import { createEmptyDatabase } from "../support/postgres.ts";

/** The last migration before identities had traits. */
const before = "0010_providers";
const folder = new URL("../../src/database/migrations/", import.meta.url);
const log = pino({ level: "silent" });
const actor = { name: "test" };
const longName = Array.from({ length: 1_000 }, (_, index) => String.fromCodePoint(0x4e00 + index * 17)).join(
  "",
);

let empty: Awaited<ReturnType<typeof createEmptyDatabase>>;
let keyring: Keyring;
let old: Kysely<unknown>;
let database: Database;
let identities: Identities;
let tokens: ConnectTokens;
let rows: Awaited<ReturnType<typeof fill>>;

beforeAll(async () => {
  empty = await createEmptyDatabase();
  keyring = await openTestKeyring();
  const pool = new pg.Pool({ connectionString: empty.url.reveal() });
  old = new Kysely({ dialect: new PostgresDialect({ pool }) });
  await migrateToOld();
  rows = await fill();
  await old.destroy();
  database = await openDatabase({ url: empty.url, dataDir: "/nonexistent", log });
  identities = createIdentities({ db: database, keyring, log });
  tokens = createConnectTokens({ db: database, keyring });
});
afterAll(async () => {
  await database.close();
  await empty.drop();
});

async function migrateToOld(): Promise<void> {
  const names = (await readdir(folder))
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((name) => name <= before);
  const loaded = await Promise.all(
    names.map(
      async (name) => [name, (await import(new URL(`${name}.ts`, folder).href)) as Migration] as const,
    ),
  );
  const migrator = new Migrator({
    db: old,
    provider: { getMigrations: async () => Object.fromEntries(loaded) },
  });
  const { error } = await migrator.migrateTo(before);
  if (error !== undefined) throw error;
}

/** Rows as that version wrote them. */
async function fill() {
  const application = await inserted(sql`
    insert into applications (project, name, url, host, callback_urls)
    values ('default', 'larch', 'https://larch.example/', 'larch.example', '["https://app.example/"]')
    returning id
  `);
  const identity = async ({
    name = randomUUID(),
    ofApplication = true,
    displayName = null,
    metadata = {},
  }: {
    name?: string;
    ofApplication?: boolean;
    displayName?: string | null;
    metadata?: object;
  } = {}): Promise<string> => {
    const id = randomUUID();
    const { key, wrapped } = keyring.newDataKey(id);
    await sql`
      insert into identities (id, project, application_id, name, display_name, source_url, metadata, status, data_key, key_id, created_at)
      values (${id}, 'default', ${ofApplication ? application : null}, ${name}, ${displayName},
        'https://larch.example/home', ${JSON.stringify(metadata)}::jsonb, 'validated', ${wrapped.dataKey}, ${wrapped.keyId},
        '2025-03-01T10:00:00Z')
    `.execute(old);
    const sealed = (field: "username_password" | "authenticator" | "saved_state", value: object) =>
      seal(key, { identityId: id, field }, Buffer.from(JSON.stringify(value)));
    await sql`
      insert into credentials (identity_id, type, sealed, updated_at) values
        (${id}, 'username_password', ${sealed("username_password", { username: `ada ${id}`, password: "correct horse" })}, '2025-04-01T10:00:00Z'),
        (${id}, 'authenticator', ${sealed("authenticator", { secret: "JBSWY3DPEHPK3PXP", algorithm: "SHA1", digits: 6, periodSeconds: 30 })}, '2025-04-01T10:00:00Z')
    `.execute(old);
    await sql`
      insert into saved_states (identity_id, sealed, version)
      values (${id}, ${sealed("saved_state", { cookies: [{ name: "session", value: id }], origins: [] })}, 3)
    `.execute(old);
    return id;
  };
  const token = async (identityId: string | null): Promise<{ id: string; text: Secret }> => {
    const text = createConnectTokenTexts({ keyring }).make();
    const id = await inserted(sql`
      insert into connect_tokens (hash, project, application_id, identity_id, callback_url, expires_at)
      values (${hashOfConnectToken(text)}, 'default', ${application}, ${identityId}, 'https://app.example/', now() + interval '1 hour')
      returning id
    `);
    return { id, text };
  };
  const visit = async (tokenId: string, identityId: string, result: string | null): Promise<string> =>
    await inserted(sql`
      insert into connect_visits (token_id, secret_hash, identity_id, result)
      values (${tokenId}, sha256('the secret'), ${identityId}, ${result}) returning id
    `);

  const plain = await identity({ name: "plain" });
  const [fresh, again] = [await token(null), await token(plain)];
  const [open, left, done] = [await identity(), await identity(), await identity()];
  return {
    application,
    plain,
    alone: await identity({ ofApplication: false, metadata: { plan: "pro", seats: 3 } }),
    named: await identity({ displayName: longName }),
    fresh,
    again,
    open,
    left,
    done,
    openVisit: await visit(fresh.id, open, null),
    leftVisit: await visit(fresh.id, left, "cancelled"),
    doneVisit: await visit(fresh.id, done, "success"),
    againVisit: await visit(again.id, plain, null),
  };
}

async function inserted(statement: ReturnType<typeof sql>): Promise<string> {
  const { rows: made } = await (statement as ReturnType<typeof sql<{ id: string }>>).execute(old);
  return made[0]?.id ?? "";
}

test("identities are what they were, with nothing known of what is new", async () => {
  for (const id of [rows.plain, rows.alone, rows.named, rows.done])
    expect(await identities.get("default", id)).toMatchObject({
      id,
      sourceUrl: "https://larch.example/home",
      status: "validated",
      state: "active",
      stateChangedAt: new Date("2025-03-01T10:00:00Z"),
      traits: {},
      identifiers: [],
      addresses: [],
      loginName: null,
      externalId: null,
      metadataAdmin: null,
      firstSeen: null,
      credentialTimes: {
        username_password: {
          createdAt: new Date("2025-04-01T10:00:00Z"),
          updatedAt: new Date("2025-04-01T10:00:00Z"),
        },
      },
    });
  expect((await identities.get("default", rows.plain)).metadata).toEqual({});
  expect(await identities.get("default", rows.alone)).toMatchObject({
    applicationId: null,
    metadata: { plan: "pro", seats: 3 },
  });
  expect((await identities.get("default", rows.named)).displayName).toBe(longName);
});

test("credentials and saved states open, and credentials can be changed", async () => {
  const { usernamePassword, authenticator } = await identities.revealCredentials(rows.plain, actor);
  expect([usernamePassword?.username.reveal(), usernamePassword?.password?.reveal()]).toEqual([
    `ada ${rows.plain}`,
    "correct horse",
  ]);
  expect(authenticator?.secret.reveal()).toBe("JBSWY3DPEHPK3PXP");
  for (const id of [rows.plain, rows.alone]) {
    const loaded = await identities.loadState(id);
    expect(loaded).toMatchObject({ state: { cookies: [{ value: id }] }, version: 3n });
  }
  const changed = await identities.update(
    "default",
    rows.done,
    { traits: { email: "Ada@larch.example" }, metadata: null },
    actor,
  );
  expect(changed).toMatchObject({ loginName: "Ada@larch.example", metadata: null });
});

test("the application has the built-in schema, its lists have all who were there, in every order", async () => {
  const application = await createApplications({ db: database }).get("default", rows.application);
  expect(application).toMatchObject({ url: "https://larch.example/", traitsSchema: null, ruleset: null });
  const known = [rows.plain, rows.named, rows.done].toSorted();
  for (const field of ["id", "title", "last_seen", "status"] as const) {
    const { items, total } = await identities.ofPool("default", {
      applicationId: rows.application,
      field,
      direction: "asc",
      offset: 0,
      limit: 10,
    });
    expect([items.map(({ id }) => id).toSorted(), total], field).toEqual([known, 3]);
  }
  expect(await identities.count("default")).toBe(4);
});

test("visits go on where they were: the half-made are shown to nobody until they are proved", async () => {
  for (const id of [rows.open, rows.left])
    await expect(identities.get("default", id)).rejects.toMatchObject({ code: "unknown_identity" });
  expect(await tokens.look(rows.fresh.text.reveal())).toMatchObject({ state: "good", identityId: null });
  expect(await tokens.look(rows.again.text.reveal())).toMatchObject({
    state: "good",
    identityId: rows.plain,
  });

  const visits = createConnectVisits({ db: database, tokens });
  const halfMade = createHalfMadeIdentities({ db: database, keyring, log });
  const results = await Promise.all(
    [rows.openVisit, rows.leftVisit, rows.doneVisit, rows.againVisit].map(async (id) => {
      const visit = await visits.find(id, "the secret");
      return [visit?.identityId, visit?.result];
    }),
  );
  expect(results).toEqual([
    [rows.open, null],
    [rows.left, "cancelled"],
    [rows.done, "success"],
    [rows.plain, null],
  ]);
  const visit = await visits.find(rows.openVisit, "the secret");
  if (visit === undefined) throw new Error("The visit is gone.");
  await halfMade.finish(visit, { isPasswordProved: true });
  expect(await identities.get("default", rows.open)).toMatchObject({ applicationId: rows.application });
  await sql`update connect_visits set updated_at = now() - interval '1 day'`.execute(database.kysely);
  expect(await halfMade.sweep()).toBe(1);
  const { rows: left } = await sql`select id from identities where id = ${rows.left}`.execute(
    database.kysely,
  );
  expect(left).toEqual([]);
});
