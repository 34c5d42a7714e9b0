import type { Database } from "../database/open.ts";

/** Makes the project, unless it is there: everything else belongs to one. */
export async function ensureProject({ kysely }: Database, id: string): Promise<void> {
  await kysely
    .insertInto("projects")
    .values({ id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
