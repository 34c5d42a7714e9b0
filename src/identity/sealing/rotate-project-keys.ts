import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { Keyring } from "./keyring.ts";

/** What is sealed for a project as a whole, and so under data keys that are the project's. */
const tables = ["webhook_secrets", "profiles"] as const;

/**
 * Wraps the data keys of what belongs to projects with the current master key, as those of identities are.
 * @returns how many are under a master key that this process does not have; each is logged
 */
export async function rotateProjectKeys({
  kysely,
  keyring,
  log,
}: {
  kysely: Kysely<Tables>;
  keyring: Keyring;
  log: Logger;
}): Promise<number> {
  let unavailable = 0;
  for (const table of tables) {
    const rows = await kysely
      .selectFrom(table)
      .select(["id", "project", "data_key", "key_id"])
      .where("key_id", "!=", keyring.currentKeyId)
      .execute();
    for (const { id, project, data_key: dataKey, key_id: keyId } of rows) {
      try {
        const rewrapped = keyring.rewrap(`project:${project}`, { dataKey, keyId });
        await kysely
          .updateTable(table)
          .set({ data_key: rewrapped.dataKey, key_id: rewrapped.keyId })
          .where("id", "=", id)
          .where("data_key", "=", dataKey)
          .execute();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        unavailable += 1;
        log.error({ project, table, keyId }, "the master key of something of this project is not at hand");
      }
    }
  }
  return unavailable;
}
