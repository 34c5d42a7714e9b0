import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { fenced, fenceVoid, stillCurrent } from "../leases/fence.ts";
import type { Keyring } from "../sealing/keyring.ts";
import { open, seal } from "../sealing/seal.ts";
import type { Fence, SavedState } from "../types.ts";
import { lapsesAt } from "./state-expiry.ts";

export interface LoadedState {
  state: SavedState;
  /** Raised by each save; a higher one tells that somebody signed in meanwhile. */
  version: bigint;
  capturedAt: Date;
}

const field = "saved_state";

/** The state as last saved, or null. One SELECT. @throws Failure `key_unavailable` */
export async function loadState(
  { kysely, keyring }: { kysely: Kysely<Tables>; keyring: Keyring },
  identityId: string,
): Promise<LoadedState | null> {
  const row = await kysely
    .selectFrom("saved_states as s")
    .innerJoin("identities as i", "i.id", "s.identity_id")
    .select(["s.sealed", "s.version", "s.captured_at", "i.data_key", "i.key_id"])
    .where("s.identity_id", "=", identityId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const key = keyring.unwrap(identityId, { dataKey: row.data_key, keyId: row.key_id });
  const plain = open(key, { identityId, field }, row.sealed);
  return {
    state: JSON.parse(plain.toString("utf8")) as SavedState,
    version: BigInt(row.version),
    capturedAt: row.captured_at,
  };
}

/**
 * Stores a state in place of the one before: nothing of it is merged, or a cookie that the site deleted would come
 * back. One SELECT for the key, one fenced write. Gives false, and writes nothing, when `credentialsVersion` is given
 * and no longer the identity's: the state is then of whoever it was before. And where the state was forgotten on
 * request since the fence's lease was taken: whoever asked for that would find it back.
 * @throws Failure `lease_lost` when the fence is void, and then nothing is written; `unknown_identity`
 */
export async function saveState(
  { kysely, keyring }: { kysely: Kysely<Tables>; keyring: Keyring },
  change: { identityId: string; state: SavedState; fence: Fence; credentialsVersion?: number | undefined },
): Promise<boolean> {
  const { identityId, state, fence, credentialsVersion } = change;
  const identity = await kysely
    .selectFrom("identities as i")
    .leftJoin("applications as a", "a.id", "i.application_id")
    .select(["i.data_key", "i.key_id", (eb) => eb.fn.coalesce("i.source_url", "a.url").as("source_url")])
    .where("i.id", "=", identityId)
    .executeTakeFirst();
  if (identity === undefined) throw unknownIdentity(identityId);
  const key = keyring.unwrap(identityId, { dataKey: identity.data_key, keyId: identity.key_id });
  const sealed = seal(key, { identityId, field }, Buffer.from(JSON.stringify(state)));
  const ends = (identity.source_url === null ? undefined : lapsesAt(state, identity.source_url)) ?? null;
  const { rows } = await sql<{ held: boolean; known: boolean; saved: boolean }>`
    with fence as materialized (${fenced(fence)}),
    -- Locked: what replaces credentials or forgets the state at this moment is waited for, and looked at again.
    current as (
      select id from identities
      where id = ${identityId} and ${stillCurrent(credentialsVersion)}
        and (forgotten_at_token is null or forgotten_at_token < ${fence.token.toString()}::bigint)
      for share
    ),
    saved as (
      insert into saved_states as before (identity_id, sealed, lapses_at)
      select current.id, ${sealed}, ${ends}::timestamptz from current, fence
      on conflict (identity_id) do update
        set sealed = excluded.sealed, lapses_at = excluded.lapses_at, version = before.version + 1, captured_at = now()
      returning true
    )
    select
      exists (select from fence) as held,
      exists (select from identities where id = ${identityId}) as known,
      exists (select from saved) as saved
  `.execute(kysely);
  if (rows[0]?.held !== true) throw fenceVoid(fence);
  if (!rows[0].known) throw unknownIdentity(identityId);
  return rows[0].saved;
}

/** Forgets the state; the next run signs in anew. @throws Failure `lease_lost` when a fence is given and void */
export async function clearState(
  kysely: Kysely<Tables>,
  { identityId, fence }: { identityId: string; fence?: Fence | undefined },
): Promise<void> {
  if (fence === undefined) {
    await kysely.deleteFrom("saved_states").where("identity_id", "=", identityId).execute();
    return;
  }
  const { rows } = await sql<{ held: boolean }>`
    with fence as materialized (${fenced(fence)}),
    cleared as (delete from saved_states using fence where identity_id = ${identityId})
    select exists (select from fence) as held
  `.execute(kysely);
  if (rows[0]?.held !== true) throw fenceVoid(fence);
}

function unknownIdentity(identityId: string): Failure {
  return new Failure("unknown_identity", `There is no identity ${identityId}.`);
}
