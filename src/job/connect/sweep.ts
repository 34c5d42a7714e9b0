import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { ConnectVisit, ConnectVisits } from "../../identity/connect/connect-visits.ts";
import type { HalfMadeIdentities } from "../../identity/connect/half-made.ts";
import type { Logger } from "../../log.ts";
import type { VisitState } from "./visit-state.ts";

/** Until then somebody who opens an old link is told that it is old. */
const forgottenAfter = sql`interval '1 day'`;
/** A page that is open asks within that time, and tells who was seen. */
const unaskedAfter = sql`interval '10 seconds'`;
const mostAtOnce = 100;

/**
 * Looks after visits to the connect page that were left: those whose sign-in succeeded count, as if their page had
 * stayed open; of the others the half-made identities go, and in time the tokens.
 */
export async function sweepConnectVisits({
  kysely,
  visits,
  halfMade,
  stateOf,
  log,
}: {
  kysely: Kysely<Tables>;
  visits: Pick<ConnectVisits, "get">;
  halfMade: Pick<HalfMadeIdentities, "sweep">;
  stateOf: (visit: ConnectVisit) => Promise<VisitState>;
  log: Logger;
}): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select v.id from identities i join connect_visits v on v.id = i.visit_id join runs r on r.id = v.run_id
    where v.result is null and r.status = 'succeeded' and r.ended_at < now() - ${unaskedAfter}
    order by r.ended_at desc limit ${mostAtOnce}
  `.execute(kysely);
  for (const { id } of rows) {
    try {
      const visit = await visits.get(id);
      // Asking is what ends it.
      if (visit !== undefined) await stateOf(visit);
    } catch (error) {
      log.warn({ err: error, visit: id }, "a visit to the connect page could not be ended; trying again");
    }
  }
  await halfMade.sweep();
  // Without its visit a run would not know what it is to sign in.
  await sql`
    delete from connect_tokens t where expires_at < now() - ${forgottenAfter}
      and not exists (
        select from connect_visits v join runs r on r.id = v.run_id where v.token_id = t.id and r.ended_at is null
      )
  `.execute(kysely);
}
