import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";

/** The highest TOTP time step ever used for an identity, or null. */
export async function lastTimeStep(kysely: Kysely<Tables>, identityId: string): Promise<bigint | null> {
  const row = await kysely
    .selectFrom("identities")
    .select("last_time_step")
    .where("id", "=", accountOf(identityId))
    .executeTakeFirst();
  return row?.last_time_step == null ? null : BigInt(row.last_time_step);
}

/**
 * Marks a time step as used, if it is higher than every one before: of all who ask for a step, in any process, one
 * gets it. A code is used once (RFC 6238 §5.2).
 */
export async function claimTimeStep(
  kysely: Kysely<Tables>,
  identityId: string,
  step: bigint | number,
): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable("identities")
    .set({ last_time_step: step })
    .where("id", "=", accountOf(identityId))
    .where((eb) => eb.or([eb("last_time_step", "is", null), eb("last_time_step", "<", step.toString())]))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** A half-made identity's codes are those of the one that it stands for. */
function accountOf(identityId: string): RawBuilder<string> {
  return sql<string>`(select coalesce(stands_for, id) from identities where id = ${identityId})`;
}
