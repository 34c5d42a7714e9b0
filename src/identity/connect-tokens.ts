import { type Kysely, sql } from "kysely";
import type { Database } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import { Secret } from "../secret.ts";
import { recordAudit } from "./audit.ts";
import { checkCallbackUrl } from "./callback-url.ts";
import { createConnectTokenTexts, hashOfConnectToken } from "./connect-token-text.ts";
import { isUuid } from "./identity-input.ts";
import type { Keyring } from "./keyring.ts";
import type { Actor } from "./types.ts";

/** How long a token is good, in milliseconds. */
export const connectTokenLifeMs = 15 * 60_000;

export interface NewConnectToken {
  project: string;
  applicationId: string;
  /** An identity of the application to sign in again; a new one is made unless given. */
  identityId?: string;
  callbackUrl: string;
  /** What the new identity is to be called. */
  userName?: string;
  actor: Actor;
}

/** Leave for one person to connect one account. */
export interface ConnectToken {
  id: string;
  project: string;
  applicationId: string;
  identityId: string | null;
  /** Null where its visitor is to stay on the page. */
  callbackUrl: string | null;
  userName: string | null;
  /** Passwords tried with it so far. */
  attempts: number;
  expiresAt: Date;
  /** `used` once an account was connected with it, `expired` 15 minutes after it was made. */
  state: "good" | "used" | "expired";
}

/** One-time tokens for the connect page: kept as hashes, good for one connected account within 15 minutes. */
export interface ConnectTokens {
  /**
   * @returns `token`, shown this once; `tokenHash`, SHA-256 in hex, for the caller to know it by
   * @throws Failure `invalid_argument` for the callback, `not_found` for the application or identity, `no_site`
   */
  make(request: NewConnectToken): Promise<{ token: Secret; tokenHash: string; expiresAt: Date }>;
  /** Undefined for what is no token of ours: a guess costs one hash, and no query. */
  look(token: string): Promise<ConnectToken | undefined>;
  /** Undefined once it was forgotten. */
  get(id: string): Promise<ConnectToken | undefined>;
  /** Uses the token up. False when it was used before, or is gone. */
  use(id: string): Promise<boolean>;
  /** Counts one more password tried with it, unless `most` were already: then false. */
  countAttempt(id: string, most: number): Promise<boolean>;
}

export function createConnectTokens({
  db: { kysely },
  keyring,
}: {
  db: Database;
  keyring: Pick<Keyring, "derive">;
}): ConnectTokens {
  const texts = createConnectTokenTexts({ keyring });

  async function find(column: "hash" | "id", value: Buffer | string): Promise<ConnectToken | undefined> {
    const row = await kysely
      .selectFrom("connect_tokens")
      .selectAll()
      .select(sql<boolean>`expires_at <= now()`.as("expired"))
      .where(column, "=", value)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      id: row.id,
      project: row.project,
      applicationId: row.application_id,
      identityId: row.identity_id,
      callbackUrl: row.callback_url,
      userName: row.user_name,
      attempts: row.attempts,
      expiresAt: row.expires_at,
      state: row.used_at !== null ? "used" : row.expired ? "expired" : "good",
    };
  }

  return {
    async make({ project, applicationId, identityId, callbackUrl, userName, actor }) {
      const allowed = await callbacksOf(kysely, project, applicationId);
      if (identityId !== undefined) await assertIdentity(kysely, { project, applicationId, identityId });
      const callback = checkCallbackUrl(callbackUrl, allowed);
      const token = texts.make();
      const hash = hashOfConnectToken(token);
      const { expires_at } = await kysely.transaction().execute(async (trx) => {
        await recordAudit(trx, {
          project,
          actor,
          action: "connect_token.created",
          ...(identityId === undefined ? {} : { identityId }),
        });
        return await trx
          .insertInto("connect_tokens")
          .values({
            hash,
            project,
            application_id: applicationId,
            identity_id: identityId ?? null,
            callback_url: callback,
            user_name: userName ?? null,
            expires_at: sql<Date>`now() + ${connectTokenLifeMs} * interval '1 millisecond'`,
          })
          .returning("expires_at")
          .executeTakeFirstOrThrow();
      });
      return { token, tokenHash: hash.toString("hex"), expiresAt: expires_at };
    },

    look: async (text) =>
      texts.isOurs(text) ? await find("hash", hashOfConnectToken(new Secret(text))) : undefined,

    get: (id) => find("id", id),

    async use(id) {
      const { numUpdatedRows } = await kysely
        .updateTable("connect_tokens")
        .set({ used_at: sql<Date>`now()` })
        .where("id", "=", id)
        .where("used_at", "is", null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async countAttempt(id, most) {
      const { numUpdatedRows } = await kysely
        .updateTable("connect_tokens")
        .set({ attempts: sql<number>`attempts + 1` })
        .where("id", "=", id)
        .where("attempts", "<", most)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

/** The callbacks the application lists. @throws Failure `not_found`, `no_site` */
async function callbacksOf(kysely: Kysely<Tables>, project: string, id: string): Promise<string[]> {
  const row = await kysely
    .selectFrom("applications")
    .select(["callback_urls", "name", "url"])
    .where("project", "=", project)
    .where("id", "=", isUuid(id) ? id : null)
    .executeTakeFirst();
  if (row === undefined) throw new Failure("not_found", `There is no application ${id}.`);
  if (row.url === null) throw new Failure("no_site", `The application "${row.name}" has no URL yet.`);
  return row.callback_urls;
}

async function assertIdentity(
  kysely: Kysely<Tables>,
  { project, applicationId, identityId }: { project: string; applicationId: string; identityId: string },
): Promise<void> {
  const row = await kysely
    .selectFrom("identities")
    .select("id")
    .where("project", "=", project)
    .where("application_id", "=", applicationId)
    .where("id", "=", isUuid(identityId) ? identityId : null)
    .executeTakeFirst();
  if (row === undefined)
    throw new Failure("not_found", `Application ${applicationId} has no identity ${identityId}.`);
}
