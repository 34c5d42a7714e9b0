import { type Kysely, sql } from "kysely";
import type { Database } from "../../database/open.ts";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { AuditAction } from "../audit.ts";
import type { Actor } from "../types.ts";
import type { Keyring } from "./keyring.ts";
import { rotateProjectKeys } from "./rotate-project-keys.ts";

export interface RotationCounts {
  /** Identities whose data key is now wrapped by the current master key. */
  rotated: number;
  /** Identities that were under it already. */
  current: number;
  /** Identities, and webhook secrets and profiles of projects, under a master key this process does not have; each is logged. */
  unavailable: number;
}

const batchSize = 200;

/**
 * Wraps every identity's data key, and those of webhook secrets and profiles, with the current master key. The data keys themselves, and what is sealed under
 * them, stay as they are: workers may run, as long as they know both keys. May be stopped and started again.
 */
export async function rotateKeys({
  db: { kysely },
  keyring,
  log,
  actor = { name: "key rotation" },
}: {
  db: Database;
  keyring: Keyring;
  log: Logger;
  actor?: Actor;
}): Promise<RotationCounts> {
  let rotated = 0;
  let unavailable = 0;
  for (let after = "00000000-0000-0000-0000-000000000000"; ; ) {
    const rows = await kysely
      .selectFrom("identities")
      .select(["id", "data_key", "key_id"])
      .where("key_id", "!=", keyring.currentKeyId)
      .where("id", ">", after)
      .orderBy("id")
      .limit(batchSize)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.id;

    const changes: RewrappedKey[] = [];
    for (const { id, data_key: before, key_id: keyId } of rows) {
      try {
        changes.push({ id, before, after: keyring.rewrap(id, { dataKey: before, keyId }).dataKey });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        unavailable += 1;
        log.error({ identity: id, keyId }, "this identity's master key is not at hand");
      }
    }
    rotated += await store(kysely, { changes, keyId: keyring.currentKeyId, actor });
    log.info({ rotated, unavailable }, "rotating keys");
  }
  const { total } = await kysely
    .selectFrom("identities")
    .select((eb) => eb.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  const current = Number(total) - rotated - unavailable;
  unavailable += await rotateProjectKeys({ kysely, keyring, log });
  return { rotated, unavailable, current };
}

interface RewrappedKey {
  id: string;
  before: Buffer;
  after: Buffer;
}

/** One statement per batch. A row that changed since it was read, by another rotation, is left as it is. */
async function store(
  kysely: Kysely<Tables>,
  { changes, keyId, actor }: { changes: readonly RewrappedKey[]; keyId: string; actor: Actor },
): Promise<number> {
  if (changes.length === 0) return 0;
  const action: AuditAction = "key.rotated";
  const { rows } = await sql`
    with rotated as (
      update identities set data_key = change.after, key_id = ${keyId}
      from unnest(
        ${changes.map(({ id }) => id)}::uuid[],
        ${changes.map(({ before }) => before)}::bytea[],
        ${changes.map(({ after }) => after)}::bytea[]
      ) as change (id, before, after)
      where identities.id = change.id and identities.data_key = change.before
      returning identities.id, identities.project
    )
    insert into audit (project, actor, action, identity_id)
    select project, ${actor.name}, ${action}, id from rotated
    returning id
  `.execute(kysely);
  return rows.length;
}
