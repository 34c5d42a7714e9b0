import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { isUuid } from "../../identity/identity-input.ts";
import type { Run } from "../../job/record/runs.ts";

/** The names of these runs' identities, by id; without those that were removed meanwhile. */
export async function identityNames(
  kysely: Kysely<Tables>,
  runs: readonly Pick<Run, "identityId">[],
): Promise<Map<string, string>> {
  // A job that no run could be made of names whatever its producer wrote.
  const ids = [...new Set(runs.map(({ identityId }) => identityId))].filter(isUuid);
  if (ids.length === 0) return new Map();
  const rows = await kysely.selectFrom("identities").select(["id", "name"]).where("id", "in", ids).execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}
