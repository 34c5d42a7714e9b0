import type { Kysely, Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Logger } from "../../log.ts";
import { recordAudit } from "../audit.ts";
import { isUuid } from "../identity-input.ts";
import type { Actor } from "../types.ts";
import { unknownIdentity } from "./identity-records.ts";

/** See `Identities.remove`. */
export async function removeIdentity(
  { kysely, log }: { kysely: Kysely<Tables>; log: Logger },
  { project, id, actor }: { project: string; id: string; actor: Actor },
): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    const isRemoved = isUuid(id) && (await removeOne(trx, { project, id, actor }));
    if (!isRemoved) throw unknownIdentity(project, id);
  });
  log.info({ identity: id, project }, "identity removed");
}

/**
 * Removes an identity with everything that signs in, its sealing key too, and leaves its shell among the deleted ones.
 * @returns whether there was one
 */
export async function removeOne(
  trx: Transaction<Tables>,
  { project, id, actor }: { project: string; id: string; actor: Actor },
): Promise<boolean> {
  const row = await trx
    .deleteFrom("identities")
    .where("project", "=", project)
    .where("id", "=", id)
    .where("visit_id", "is", null)
    .returning([
      "application_id",
      "name",
      "display_name",
      "login_name",
      "traits",
      "metadata",
      "metadata_admin",
      "first_seen",
      "last_seen",
      "created_at",
    ])
    .executeTakeFirst();
  if (row === undefined) return false;
  const { application_id, ...content } = row;
  await trx
    .insertInto("deleted_identities")
    .values({ id, project, application_id, content: JSON.stringify(content) })
    .execute();
  await recordAudit(trx, { project, actor, action: "identity.removed", identityId: id });
  return true;
}
