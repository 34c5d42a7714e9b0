import { type Kysely, sql, type Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";

/** What tells a request from others. */
export interface RequestFingerprint {
  /** As it is stored. */
  bytes: Buffer;
  /** Whether what was stored is of the same request. */
  isSame(stored: Buffer): boolean;
}

/** How long a request may be repeated and is the one it was. */
const repeatableFor = sql`interval '24 hours'`;

/**
 * The identity that was made for a request with this key before; or undefined, and then the key stands for `id` from the
 * transaction's end on. Two at once take turns.
 * @throws Failure `conflict` where the key was used with another request
 */
export async function requestedBefore(
  trx: Transaction<Tables>,
  request: { project: string; id: string; key: string; fingerprint: RequestFingerprint },
): Promise<string | undefined> {
  const { project, id, key, fingerprint } = request;
  await sql`
    delete from identity_requests
    where project = ${project} and key = ${key} and created_at < now() - ${repeatableFor}
  `.execute(trx);
  const { rows } = await sql<{ identity_id: string; fingerprint: Buffer }>`
    insert into identity_requests as known (project, key, fingerprint, identity_id)
    values (${project}, ${key}, ${fingerprint.bytes}, ${id})
    -- Changes nothing: it is there so that the row of before is returned, and waited for.
    on conflict (project, key) do update set key = known.key
    returning identity_id, fingerprint
  `.execute(trx);
  const known = rows[0];
  if (known === undefined || known.identity_id === id) return undefined;
  if (!fingerprint.isSame(known.fingerprint))
    throw new Failure(
      "conflict",
      "This idempotency key was used with another request: choose a key of its own for each.",
    );
  return known.identity_id;
}

/** Forgets requests that may no longer be repeated. */
export async function forgetOldRequests(kysely: Kysely<Tables>): Promise<void> {
  await sql`delete from identity_requests where created_at < now() - ${repeatableFor}`.execute(kysely);
}
