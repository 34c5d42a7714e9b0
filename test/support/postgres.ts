import { randomBytes } from "node:crypto";
import pg from "pg";
import { pino } from "pino";
import { inject } from "vitest";
import { type Database, openDatabase } from "../../src/database/open.ts";
import type { Logger } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { templateDatabase, urlOfDatabase } from "./postgres-url.ts";

/** A database of the test's own, with the newest schema and nothing in it but the project `default`. */
export interface TestDatabase extends AsyncDisposable {
  url: Secret;
  database: Database;
  /** Closes and drops it. Throws if anybody else is still connected: what opens a connection closes it. */
  drop(): Promise<void>;
}

/** Clones a database, in some 200 ms: once per test file, in `beforeAll`, is the usual way. */
export async function createTestDatabase({
  log = pino({ level: "silent" }),
}: {
  log?: Logger;
} = {}): Promise<TestDatabase> {
  const cloned = await createDatabase(templateDatabase);
  const { url } = cloned;
  const database = await openDatabase({ url, dataDir: "/nonexistent", log });
  let dropping: Promise<void> | undefined;
  const drop = () =>
    (dropping ??= (async () => {
      await database.close();
      await cloned.drop();
    })());
  return { url, database, drop, [Symbol.asyncDispose]: drop };
}

/** A database with the newest schema, for processes that open it themselves. `drop` throws if one is still connected. */
export async function cloneDatabase(): Promise<{ url: Secret; drop(): Promise<void> }> {
  return await createDatabase(templateDatabase);
}

/** An empty database, without a schema, to see one made. */
export async function createEmptyDatabase(): Promise<{ url: Secret; drop(): Promise<void> }> {
  return await createDatabase("template1");
}

async function createDatabase(template: string): Promise<{ url: Secret; drop(): Promise<void> }> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asAdmin((admin) => admin.query(`create database ${name} template ${template} strategy file_copy`));
  return {
    url: new Secret(urlOfDatabase(inject("postgresUrl"), name)),
    drop: () =>
      asAdmin(async (admin) => {
        const left = await connectionsLeft(admin, name);
        await admin.query(`drop database ${name} with (force)`);
        if (left.length > 0) throw new Error(`Connections were left open: ${left.join(", ")}`);
      }),
  };
}

async function asAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: inject("postgresUrl") });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** A backend ends a moment after its client: those that are still there after that were left. */
async function connectionsLeft(admin: pg.Client, name: string): Promise<string[]> {
  const deadline = performance.now() + 2_000;
  for (;;) {
    const { rows } = await admin.query<{ connection: string }>(
      "select application_name || ': ' || left(query, 60) as connection from pg_stat_activity where datname = $1 and backend_type = 'client backend'",
      [name],
    );
    if (rows.length === 0 || performance.now() > deadline) return rows.map(({ connection }) => connection);
  }
}
