import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { AuditAction } from "../../identity/audit.ts";
import type { Keyring } from "../../identity/sealing/keyring.ts";
import { open, seal } from "../../identity/sealing/seal.ts";
import type { Actor } from "../../identity/types.ts";
import { Secret } from "../../secret.ts";

/** What a project's reports are signed with. */
export interface WebhookSecrets {
  /** The secrets to sign with, the current one first: made on first need, old ones for a day after a rotation. */
  active(project: string): Promise<Secret[]>;
  /** The current secret, for a person to give to the receiver: `whsec_…`. Leaves an audit entry. */
  reveal(project: string, actor: Actor): Promise<Secret>;
  /** Makes a new secret, and signs with the old one too for 24 hours. Leaves an audit entry. @returns the new one */
  rotate(project: string, actor: Actor): Promise<Secret>;
}

/** As long as the Standard Webhooks specification asks for at least, and takes at most 64. */
const secretBytes = 32;
const field = "webhook_secret";
/** How long the receivers have to learn a new secret. */
const overlap = sql`interval '24 hours'`;

export function createWebhookSecrets({
  db,
  keyring,
}: {
  db: Kysely<Tables>;
  keyring: Keyring;
}): WebhookSecrets {
  const ownerOf = (project: string) => `project:${project}`;

  function sealed(project: string) {
    const owner = ownerOf(project);
    const { key, wrapped } = keyring.newDataKey(owner);
    return {
      project,
      sealed: seal(key, { identityId: owner, field }, Buffer.from(newSecret())),
      data_key: wrapped.dataKey,
      key_id: wrapped.keyId,
    };
  }

  async function read(on: Kysely<Tables>, project: string): Promise<Secret[]> {
    const rows = await on
      .selectFrom("webhook_secrets")
      .select(["sealed", "data_key", "key_id"])
      .where("project", "=", project)
      .where((or) => or.or([or("expires_at", "is", null), or("expires_at", ">", sql<Date>`now()`)]))
      .orderBy("created_at", "desc")
      .execute();
    const owner = ownerOf(project);
    return rows.map((row) => {
      const key = keyring.unwrap(owner, { dataKey: row.data_key, keyId: row.key_id });
      return new Secret(open(key, { identityId: owner, field }, row.sealed).toString("utf8"));
    });
  }

  async function active(project: string): Promise<Secret[]> {
    const known = await read(db, project);
    if (known.length > 0) return known;
    // Of several processes that make the first one, one wins, and all read the same.
    await db
      .insertInto("webhook_secrets")
      .values(sealed(project))
      .onConflict((conflict) => conflict.column("project").where("expires_at", "is", null).doNothing())
      .execute();
    return await read(db, project);
  }

  return {
    active,
    async reveal(project, actor) {
      const [current] = await active(project);
      if (current === undefined) throw vanished();
      await leaveEntry(db, { project, actor, action: "webhook_secret.revealed" });
      return current;
    },
    async rotate(project, actor) {
      return await db.transaction().execute(async (trx) => {
        await trx
          .deleteFrom("webhook_secrets")
          .where("project", "=", project)
          .where("expires_at", "<=", sql<Date>`now()`)
          .execute();
        await trx
          .updateTable("webhook_secrets")
          .set({ expires_at: sql`now() + ${overlap}` })
          .where("project", "=", project)
          .where("expires_at", "is", null)
          .execute();
        await trx.insertInto("webhook_secrets").values(sealed(project)).execute();
        await leaveEntry(trx, { project, actor, action: "webhook_secret.rotated" });
        const [current] = await read(trx, project);
        if (current === undefined) throw vanished();
        return current;
      });
    },
  };
}

const newSecret = () => `whsec_${randomBytes(secretBytes).toString("base64")}`;

const vanished = () => new Failure("internal_error", "A webhook secret vanished while it was read.");

async function leaveEntry(
  on: Kysely<Tables>,
  { project, actor, action }: { project: string; actor: Actor; action: AuditAction },
): Promise<void> {
  await on.insertInto("audit").values({ project, actor: actor.name, action }).execute();
}
