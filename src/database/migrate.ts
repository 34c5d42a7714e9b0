import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import pg from "pg";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import * as first from "./migrations/0001_first.ts";
import * as codes from "./migrations/0002_codes.ts";
import * as api from "./migrations/0003_api.ts";
import * as webhooks from "./migrations/0004_webhooks.ts";
import * as schedules from "./migrations/0005_schedules.ts";
import * as batches from "./migrations/0006_batches.ts";
import * as sessions from "./migrations/0007_sessions.ts";
import * as applications from "./migrations/0008_applications.ts";
import * as connect from "./migrations/0009_connect.ts";
import * as providers from "./migrations/0010_providers.ts";
import * as traits from "./migrations/0011_traits.ts";
import * as halfMade from "./migrations/0012_half_made.ts";
import * as visitsRuns from "./migrations/0013_visits_runs.ts";
import * as whoseAddress from "./migrations/0014_whose_address.ts";
import * as forgottenStates from "./migrations/0015_forgotten_states.ts";
import type { Tables } from "./tables.ts";

/** Every migration, in the order of its name. One that was released is never edited: add another. */
const migrations: Readonly<Record<string, Migration>> = {
  "0001_first": first,
  "0002_codes": codes,
  "0003_api": api,
  "0004_webhooks": webhooks,
  "0005_schedules": schedules,
  "0006_batches": batches,
  "0007_sessions": sessions,
  "0008_applications": applications,
  "0009_connect": connect,
  "0010_providers": providers,
  "0011_traits": traits,
  "0012_half_made": halfMade,
  "0013_visits_runs": visitsRuns,
  "0014_whose_address": whoseAddress,
  "0015_forgotten_states": forgottenStates,
};

/**
 * Brings the database to the newest schema. Processes that start together take turns (Kysely's migrator holds an
 * advisory lock); where nothing is to be done it costs one query.
 * @throws Failure `database_unavailable`
 */
export async function migrate(kysely: Kysely<Tables>, log: Logger): Promise<void> {
  const applied = await appliedMigrations(kysely);
  const unknown = applied.filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new Failure(
      "database_unavailable",
      `The database was migrated by a newer Latchkey (${unknown.join(", ")}): run that version, or point DATABASE_URL elsewhere.`,
      { retryable: false },
    );
  }
  if (applied.length === Object.keys(migrations).length) return;

  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: async () => ({ ...migrations }) },
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  for (const { migrationName, status } of results) {
    log.info({ migration: migrationName, status }, "database migration");
  }
  if (error instanceof Failure) throw error;
  if (error !== undefined) {
    throw new Failure(
      "database_unavailable",
      "The database could not be migrated; it is unchanged. The log has the reason; does its user own the schema?",
      { cause: error, retryable: false },
    );
  }
}

async function appliedMigrations(kysely: Kysely<Tables>): Promise<string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(kysely);
    return rows.map(({ name }) => name);
  } catch (error) {
    const undefinedTable = "42P01";
    if (error instanceof pg.DatabaseError && error.code === undefinedTable) return [];
    throw error;
  }
}
