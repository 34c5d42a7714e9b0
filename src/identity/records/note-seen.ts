import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Sighting } from "../types.ts";

/** Browsers call themselves something of up to 300 characters; what is longer is somebody's own. */
const longestUserAgent = 500;

interface SeenIdentity {
  id: string;
  sighting: Sighting;
  /** Whether the disk is waited for; as it must be in a transaction that does more. */
  isFlushed: boolean;
}

/**
 * Notes that somebody was seen as the identity: the first time stays the first, a later one becomes the last, in
 * whichever order they are told. Nothing of an identity that is gone. One statement.
 */
export async function noteSeen(
  kysely: Kysely<Tables>,
  { id, sighting, isFlushed }: SeenIdentity,
): Promise<void> {
  const { at, address, userAgent } = sighting;
  const value = JSON.stringify({
    at: new Date(at).toISOString(),
    address,
    userAgent: userAgent === null ? null : printable(userAgent),
  } satisfies Sighting);
  const seen = sql<Sighting>`${value}::jsonb`;
  await kysely
    .updateTable("identities")
    .set({
      first_seen: outermost("first_seen", "<=", seen),
      last_seen: outermost("last_seen", ">", seen),
    })
    .where("id", "=", id)
    .$if(!isFlushed, (query) => query.where(unflushed))
    .execute();
}

/**
 * True; commits without waiting for the disk. A run that saves its state at the same moment needs the row, and a sighting
 * that is lost with the machine's power is no great loss.
 */
const unflushed = sql<boolean>`(select set_config('synchronous_commit', 'off', true)) is not null`;

/** What the column holds where its time compares so to the new one's, else the new one; ISO 8601 sorts as text. */
function outermost(
  column: "first_seen" | "last_seen",
  compares: "<=" | ">",
  seen: RawBuilder<Sighting>,
): RawBuilder<string> {
  return sql<string>`
    case when ${sql.ref(column)} ->> 'at' ${sql.raw(compares)} ${seen} ->> 'at'
    then ${sql.ref(column)} else ${seen} end
  `;
}

/** Postgres keeps no NUL, and nobody wants to read the other control characters. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ").slice(0, longestUserAgent);
}
