import type { Kysely } from "kysely";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import type { Keyring } from "./keyring.ts";

/**
 * Wraps the data keys of all projects' webhook secrets with the current master key, as those of identities are.
 * @returns how many are under a master key that this process does not have; each is logged
 */
export async function rotateWebhookSecrets({
  kysely,
  keyring,
  log,
}: {
  kysely: Kysely<Tables>;
  keyring: Keyring;
  log: Logger;
}): Promise<number> {
  const rows = await kysely
    .selectFrom("webhook_secrets")
    .select(["id", "project", "data_key", "key_id"])
    .where("key_id", "!=", keyring.currentKeyId)
    .execute();
  let unavailable = 0;
  for (const { id, project, data_key: dataKey, key_id: keyId } of rows) {
    try {
      const rewrapped = keyring.rewrap(`project:${project}`, { dataKey, keyId });
      await kysely
        .updateTable("webhook_secrets")
        .set({ data_key: rewrapped.dataKey, key_id: rewrapped.keyId })
        .where("id", "=", id)
        .where("data_key", "=", dataKey)
        .execute();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      unavailable += 1;
      log.error({ project, keyId }, "this webhook secret's master key is not at hand");
    }
  }
  return unavailable;
}
