import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { isUuid } from "../identity-input.ts";
import type { DeletedIdentity, JsonObject, Sighting } from "../types.ts";

interface Shell {
  name: string;
  display_name: string | null;
  login_name: string | null;
  traits: JsonObject;
  metadata: JsonObject | null;
  metadata_admin: JsonObject | null;
  first_seen: Sighting | null;
  last_seen: Sighting | null;
  created_at: string;
}

/** See `Identities.getDeleted`. */
export async function getDeleted(
  kysely: Kysely<Tables>,
  project: string,
  id: string,
): Promise<DeletedIdentity | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await kysely
    .selectFrom("deleted_identities")
    .selectAll()
    .where("project", "=", project)
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const shell = row.content as unknown as Shell;
  return {
    id: row.id,
    project: row.project,
    applicationId: row.application_id,
    name: shell.name,
    displayName: shell.display_name,
    loginName: shell.login_name,
    traits: shell.traits,
    metadata: shell.metadata,
    metadataAdmin: shell.metadata_admin,
    firstSeen: shell.first_seen,
    lastSeen: shell.last_seen,
    createdAt: new Date(shell.created_at),
    deletedAt: row.deleted_at,
  };
}

/** Until then whoever asks for a removed identity by its id is told that it was removed. */
const forgottenAfter = sql`interval '30 days'`;

/** Forgets what was removed long ago. */
export async function forgetDeleted(kysely: Kysely<Tables>): Promise<void> {
  await sql`delete from deleted_identities where deleted_at < now() - ${forgottenAfter}`.execute(kysely);
}
