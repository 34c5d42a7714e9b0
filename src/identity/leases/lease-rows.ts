import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";

/** A row of `leases` that is ours. */
export interface LeaseRow {
  name: string;
  slot: number;
  token: bigint;
}

/**
 * Takes one free slot of a name, or null when none is free.
 *
 * Two who see the same slot free meet at its primary key: the second waits for the first's row and then finds it
 * live. It gets nothing though another slot may be free, so the statement also says whether it saw one, and is asked
 * again. Rows of released leases stay (until swept), so that a token is drawn under the row's lock and a later holder
 * never has a lower one.
 */
export async function takeLease(
  kysely: Kysely<Tables>,
  { name, slots, holder, ttlMs }: { name: string; slots: number; holder: string; ttlMs: number },
): Promise<LeaseRow | null> {
  for (;;) {
    const { rows } = await sql<{ free: boolean; slot: number | null; token: string | null }>`
      with free as (
        select slot from generate_series(0, ${slots}::int - 1) as slot
        where not exists (
          select from leases where name = ${name} and leases.slot = slot.slot and expires_at > clock_timestamp()
        ) and ${slots}::int > (
          select count(*) from leases where name = ${name} and expires_at > clock_timestamp()
        )
        order by slot limit 1
      ), taken as (
        insert into leases as mine (name, slot, holder, token, expires_at)
        select ${name}, slot, ${holder}, nextval('lease_tokens'), clock_timestamp() + ${ttlMs} * interval '1 ms'
        from free
        on conflict (name, slot) do update
          set holder = excluded.holder,
              token = nextval('lease_tokens'),
              expires_at = clock_timestamp() + ${ttlMs} * interval '1 ms'
          where mine.expires_at <= clock_timestamp()
        returning slot, token
      )
      select exists (select from free) as free, (select slot from taken) as slot, (select token from taken) as token
    `.execute(kysely);
    const row = rows[0];
    if (row?.slot != null && row.token !== null) return { name, slot: row.slot, token: BigInt(row.token) };
    if (row?.free !== true) return null;
  }
}

/** Prolongs all of a process's leases in one statement; gives the tokens of those that were still held. */
export async function renewLeases(
  kysely: Kysely<Tables>,
  leases: readonly LeaseRow[],
  ttlMs: number,
): Promise<Set<bigint>> {
  const { rows } = await sql<{ token: string }>`
    update leases set expires_at = clock_timestamp() + ${ttlMs} * interval '1 ms'
    from unnest(
      ${leases.map(({ name }) => name)}::text[],
      ${leases.map(({ slot }) => slot)}::int[],
      ${leases.map(({ token }) => token.toString())}::bigint[]
    ) as mine (name, slot, token)
    where leases.name = mine.name and leases.slot = mine.slot and leases.token = mine.token
      and leases.expires_at > clock_timestamp()
    returning leases.token
  `.execute(kysely);
  return new Set(rows.map(({ token }) => BigInt(token)));
}

/** Gives a lease back and tells whoever waits for its name, in one statement. */
export async function releaseLease(kysely: Kysely<Tables>, lease: LeaseRow, channel: string): Promise<void> {
  await sql`
    with released as (
      update leases set expires_at = now()
      where name = ${lease.name} and slot = ${lease.slot} and token = ${lease.token.toString()}
      returning name
    )
    select pg_notify(${channel}, name) from released
  `.execute(kysely);
}

/** Removes rows nobody has held for a day. */
export async function sweepLeases(kysely: Kysely<Tables>): Promise<void> {
  await sql`delete from leases where expires_at < now() - interval '1 day'`.execute(kysely);
}
