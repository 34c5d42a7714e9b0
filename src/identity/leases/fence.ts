import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { Fence } from "../types.ts";

/**
 * One row while the fence holds, none once it is void. As the first `with` of a statement it makes the writes that
 * select from it fenced, in one round trip. The row is locked: nobody takes the lease over before the commit.
 */
export function fenced({ lease, token }: Fence): RawBuilder<{ held: boolean }> {
  return sql<{ held: boolean }>`
    select true as held from leases
    where name = ${lease} and token = ${token.toString()} and expires_at > clock_timestamp()
    for share`;
}

/**
 * Makes the rest of a transaction fenced, wherever `fenced` does not fit.
 * @throws Failure `lease_lost`
 */
export async function assertFence(trx: Transaction<Tables> | Kysely<Tables>, fence: Fence): Promise<void> {
  const { rows } = await fenced(fence).execute(trx);
  if (rows.length === 0) throw fenceVoid(fence);
}

/** What must still hold for a write to be made. */
export interface Conditions {
  fence?: Fence | undefined;
  /** `Identity.credentialsVersion` as the run read it. */
  credentialsVersion?: number | undefined;
}

/** Part of a `where` on identities: true while the credentials a run signed in with are the identity's. */
export function stillCurrent(credentialsVersion: number | undefined): RawBuilder<boolean> {
  return credentialsVersion === undefined
    ? sql<boolean>`true`
    : sql<boolean>`credentials_version = ${credentialsVersion}`;
}

/** The failure for a write that came after its lease was lost. */
export function fenceVoid({ lease }: Fence): Failure {
  return new Failure("lease_lost", `The hold on ${lease} was lost before this write, which was not made.`);
}
