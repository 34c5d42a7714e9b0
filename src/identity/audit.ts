import type { Kysely, Transaction } from "kysely";
import type { Tables } from "../database/tables.ts";
import { isUuid } from "./identity-input.ts";
import type { Actor } from "./types.ts";

/** What is written down: whoever reads or changes an identity's secrets leaves one of these. */
export type AuditAction =
  | "identity.created"
  | "identity.updated"
  | "identity.removed"
  | "credentials.replaced"
  | "credentials.revealed"
  | "code.handed_in"
  | "session.opened"
  | "session.closed"
  | "state.forgotten"
  | "key.rotated"
  | "webhook_secret.revealed"
  | "webhook_secret.rotated"
  | "application.created"
  | "application.updated"
  | "application.removed"
  | "auth_flow.created"
  | "auth_flow.updated"
  | "auth_flow.removed"
  | "connect_token.created"
  | "api_key.created"
  | "api_key.removed";

export interface AuditEntry {
  at: Date;
  actor: string;
  action: AuditAction;
  runId: string | null;
}

/** Writes one entry; in the transaction of what it tells, so that neither is without the other. */
export async function recordAudit(
  trx: Transaction<Tables>,
  entry: { project: string; actor: Actor; action: AuditAction; identityId?: string; apiKeyId?: string },
): Promise<void> {
  await trx
    .insertInto("audit")
    .values({
      project: entry.project,
      actor: entry.actor.name,
      action: entry.action,
      identity_id: entry.identityId ?? null,
      api_key_id: entry.apiKeyId ?? null,
      run_id: entry.actor.runId ?? null,
    })
    .execute();
}

/** The entries of one identity, newest first; they outlive it. */
export async function listAudit(
  kysely: Kysely<Tables>,
  { project, identityId, limit = 100 }: { project: string; identityId: string; limit?: number },
): Promise<AuditEntry[]> {
  if (!isUuid(identityId)) return [];
  const rows = await kysely
    .selectFrom("audit")
    .select(["at", "actor", "action", "run_id"])
    .where("project", "=", project)
    .where("identity_id", "=", identityId)
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    at: row.at,
    actor: row.actor,
    action: row.action as AuditAction,
    runId: row.run_id,
  }));
}
