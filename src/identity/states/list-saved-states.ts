import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";

/** That an identity is signed in, as it was left for its next run. */
export interface SavedStateFacts {
  identityId: string;
  capturedAt: Date;
  /** When its sites say it ends; null where they do not. */
  lapsesAt: Date | null;
}

export interface SavedStatesQuery {
  project: string;
  identityId?: string | undefined;
  /** Those that have not lapsed, or those that have. */
  isActive?: boolean | undefined;
  offset?: number;
  limit: number;
}

/** Whose saved states there are, in the order of identities' ids; nothing is unsealed. 1 query. */
export async function listSavedStates(
  kysely: Kysely<Tables>,
  { offset = 0, limit, ...which }: SavedStatesQuery,
): Promise<SavedStateFacts[]> {
  const rows = await matching(kysely, which)
    .select(["s.identity_id", "s.captured_at", "s.lapses_at"])
    .orderBy("s.identity_id")
    .offset(offset)
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    identityId: row.identity_id,
    capturedAt: row.captured_at,
    lapsesAt: row.lapses_at,
  }));
}

/** How many there are; 1 query. */
export async function countSavedStates(
  kysely: Kysely<Tables>,
  which: Omit<SavedStatesQuery, "offset" | "limit">,
): Promise<number> {
  const { count } = await matching(kysely, which)
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

function matching(
  kysely: Kysely<Tables>,
  { project, identityId, isActive }: Omit<SavedStatesQuery, "offset" | "limit">,
) {
  return (
    kysely
      .selectFrom("saved_states as s")
      .innerJoin("identities as i", "i.id", "s.identity_id")
      .where("i.project", "=", project)
      // A visit's own is no session of anybody's yet.
      .where("i.visit_id", "is", null)
      .$if(identityId !== undefined, (query) => query.where("s.identity_id", "=", identityId ?? ""))
      .$if(isActive === true, (query) =>
        query.where((eb) => eb.or([eb("s.lapses_at", "is", null), eb("s.lapses_at", ">", new Date())])),
      )
      .$if(isActive === false, (query) => query.where("s.lapses_at", "<=", new Date()))
  );
}
