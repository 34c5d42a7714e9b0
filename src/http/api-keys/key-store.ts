import { sql } from "kysely";
import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import { recordAudit } from "../../identity/audit.ts";
import { withConflicts } from "../../identity/conflicts.ts";
import type { Actor } from "../../identity/types.ts";
import type { Secret } from "../../secret.ts";
import { makeKey } from "./key-text.ts";
import type { Scope } from "./scopes.ts";

/** The channel that tells servers of a key that was removed; its payload is the key's id. */
export const apiKeyChannel = "latchkey_api_keys";

/** An API key as anyone may see it. */
export interface ApiKey {
  id: string;
  project: string;
  /** What its maker calls it; may be empty. */
  name: string;
  scope: Scope;
  createdAt: Date;
  expiresAt: Date | null;
  /** To the minute. */
  lastUsedAt: Date | null;
}

export interface NewApiKey {
  name?: string;
  scope: Scope;
  expiresAt?: Date;
}

/** A key with the hash that a presented one is compared with. */
export interface StoredApiKey extends ApiKey {
  hash: Buffer;
}

export interface ApiKeys {
  /** Makes a key. `key` is shown this once and kept nowhere. @throws Failure `not_found` for the project, `invalid_argument` */
  add(project: string, input: NewApiKey, actor: Actor): Promise<{ apiKey: ApiKey; key: Secret }>;
  /** Oldest first. */
  list(project: string): Promise<ApiKey[]>;
  /** Ends it at once, on every server. @throws Failure `not_found` */
  remove(project: string, id: string, actor: Actor): Promise<ApiKey>;
  /** Of any project; 1 query. */
  find(id: string): Promise<StoredApiKey | undefined>;
  markUsed(id: string): Promise<void>;
}

const longestName = 100;

export function createApiKeys({ db }: { db: Database }): ApiKeys {
  const { kysely } = db;
  return {
    async add(project, { name = "", scope, expiresAt }, actor) {
      if (name.length > longestName)
        throw new Failure("invalid_argument", `A key's name has at most ${longestName} characters.`);
      if (expiresAt !== undefined && expiresAt.getTime() <= Date.now())
        throw new Failure("invalid_argument", "The time the key expires is past.");
      const { id, key, hash } = makeKey();
      const row = await withConflicts({ reference: `There is no project "${project}".` }, () =>
        kysely.transaction().execute(async (trx) => {
          await recordAudit(trx, { project, actor, action: "api_key.created", apiKeyId: id });
          return trx
            .insertInto("api_keys")
            .values({ id, project, name, scope, hash, expires_at: expiresAt ?? null })
            .returningAll()
            .executeTakeFirstOrThrow();
        }),
      );
      return { apiKey: toApiKey(row), key };
    },

    async list(project) {
      const rows = await kysely
        .selectFrom("api_keys")
        .selectAll()
        .where("project", "=", project)
        .orderBy("created_at")
        .orderBy("id")
        .execute();
      return rows.map(toApiKey);
    },

    async remove(project, id, actor) {
      const row = await kysely.transaction().execute(async (trx) => {
        const removed = await trx
          .deleteFrom("api_keys")
          .where("project", "=", project)
          .where("id", "=", id)
          .returningAll()
          .executeTakeFirst();
        if (removed === undefined) throw new Failure("not_found", `There is no API key ${id}.`);
        await recordAudit(trx, { project, actor, action: "api_key.removed", apiKeyId: id });
        return removed;
      });
      await db.notify(apiKeyChannel, id);
      return toApiKey(row);
    },

    async find(id) {
      const row = await kysely.selectFrom("api_keys").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : { ...toApiKey(row), hash: row.hash };
    },

    async markUsed(id) {
      await kysely.updateTable("api_keys").set({ last_used_at: sql`now()` }).where("id", "=", id).execute();
    },
  };
}

interface ApiKeyRow {
  id: string;
  project: string;
  name: string;
  scope: Scope;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    scope: row.scope,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
