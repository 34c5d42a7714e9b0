import { type Kysely, sql } from "kysely";
import type { Database } from "../../database/open.ts";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { Secret } from "../../secret.ts";
import { recordAudit } from "../audit.ts";
import { isUuid } from "../identity-input.ts";
import type { Keyring } from "../sealing/keyring.ts";
import type { Actor } from "../types.ts";
import { checkCallbackUrl } from "./callback-url.ts";
import { createConnectTokenTexts, hashOfConnectToken } from "./connect-token-text.ts";
import { createRecoveryCodes } from "./recovery-codes.ts";

/** How long a token is good unless something else is asked for, in milliseconds. */
const connectTokenLifeMs = 15 * 60_000;
const leastLifeMs = 1_000;
const mostLifeMs = 30 * 24 * 3_600_000;
/** Recovery codes that are tried with one token: of a million, one is right. */
const mostCodeTries = 5;

export interface NewConnectToken {
  project: string;
  applicationId: string;
  /** An identity of the application to sign in again; a new one is made unless given. */
  identityId?: string;
  /** Null where the visitor is to stay on the last page. */
  callbackUrl: string | null;
  /** What the new identity is to be called. */
  userName?: string;
  /** How long it is good, in milliseconds: 15 minutes unless given, 30 days at most. */
  lifeMs?: number;
  /** Whether its visitor has to give a recovery code first. */
  withCode?: boolean;
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
  /** Wrong recovery codes that may yet be given; null where none is asked for. At 0 it lets nobody in any more. */
  codeTriesLeft: number | null;
  expiresAt: Date;
  /** `used` once an account was connected with it. */
  state: "good" | "used" | "expired";
}

/** Whether the token still leads to the identity: not once that belongs to another application. */
export const leadsTo = (
  { applicationId: own }: Pick<ConnectToken, "applicationId">,
  { applicationId }: { applicationId: string | null },
): boolean => applicationId === null || applicationId === own;

/** One-time tokens for the connect page: kept as hashes, good for one connected account within their time. */
export interface ConnectTokens {
  /**
   * @returns `token` and the recovery `code`, shown this once; `tokenHash`, SHA-256 in hex, for the caller to know it by
   * @throws Failure `invalid_argument` for the callback or the time, `not_found` for the application or identity,
   * `no_site`
   */
  make(
    request: NewConnectToken,
  ): Promise<{ token: Secret; tokenHash: string; code?: Secret; expiresAt: Date }>;
  /** Undefined for what is no token of ours: a guess costs one hash, and no query. */
  look(token: string): Promise<ConnectToken | undefined>;
  /** Undefined once it was forgotten. */
  get(id: string): Promise<ConnectToken | undefined>;
  /**
   * Whether this is the token's recovery code. Every wrong one is counted, also of those that are tried at once; after
   * 5 no code is right any more. @throws Failure `key_unavailable`
   */
  tryCode(id: string, code: Secret): Promise<boolean>;
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
  const codes = createRecoveryCodes({ keyring });

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
      codeTriesLeft: row.code_hash === null ? null : Math.max(0, mostCodeTries - row.code_tries),
      expiresAt: row.expires_at,
      state: row.used_at !== null ? "used" : row.expired ? "expired" : "good",
    };
  }

  return {
    async make(request) {
      const { project, applicationId, identityId, callbackUrl, userName, actor } = request;
      const { lifeMs = connectTokenLifeMs, withCode = false } = request;
      if (!(lifeMs >= leastLifeMs && lifeMs <= mostLifeMs))
        throw new Failure("invalid_argument", "A link is good for at least a second and at most 30 days.");
      const application = await applicationOf(kysely, project, applicationId);
      const hasSite =
        identityId !== undefined &&
        (await findIdentity(kysely, { project, applicationId, identityId })).source_url !== null;
      if (application.url === null && !hasSite)
        throw new Failure("no_site", `The application "${application.name}" has no URL yet.`);
      const callback = callbackUrl === null ? null : checkCallbackUrl(callbackUrl, application.callback_urls);
      const token = texts.make();
      const hash = hashOfConnectToken(token);
      const made = withCode ? codes.make(hash) : undefined;
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
            expires_at: sql<Date>`now() + ${Math.round(lifeMs)} * interval '1 millisecond'`,
            code_hash: made?.stored.hash ?? null,
            code_key_id: made?.stored.keyId ?? null,
          })
          .returning("expires_at")
          .executeTakeFirstOrThrow();
      });
      const code = made === undefined ? {} : { code: made.code };
      return { token, tokenHash: hash.toString("hex"), expiresAt: expires_at, ...code };
    },

    look: async (text) =>
      texts.isOurs(text) ? await find("hash", hashOfConnectToken(new Secret(text))) : undefined,

    get: (id) => find("id", id),

    async tryCode(id, code) {
      // Counted before it is looked at: those that come together count too.
      const row = await kysely
        .updateTable("connect_tokens")
        .set({ code_tries: sql<number>`code_tries + 1` })
        .where("id", "=", id)
        .where("code_tries", "<", mostCodeTries)
        .where("used_at", "is", null)
        .where("expires_at", ">", sql<Date>`now()`)
        .returning(["hash", "code_hash as codeHash", "code_key_id as keyId"])
        .executeTakeFirst();
      if (row === undefined || row.codeHash === null || row.keyId === null) return false;
      if (!codes.isRight(code, row.hash, { hash: row.codeHash, keyId: row.keyId })) return false;
      await kysely
        .updateTable("connect_tokens")
        .set({ code_tries: sql<number>`code_tries - 1` })
        .where("id", "=", id)
        .execute();
      return true;
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

/** @throws Failure `not_found` */
async function applicationOf(kysely: Kysely<Tables>, project: string, id: string) {
  const row = await kysely
    .selectFrom("applications")
    .select(["callback_urls", "name", "url"])
    .where("project", "=", project)
    .where("id", "=", isUuid(id) ? id : null)
    .executeTakeFirst();
  if (row === undefined) throw new Failure("not_found", `There is no application ${id}.`);
  return row;
}

/** @throws Failure `not_found` */
async function findIdentity(
  kysely: Kysely<Tables>,
  { project, applicationId, identityId }: { project: string; applicationId: string; identityId: string },
) {
  const row = await kysely
    .selectFrom("identities")
    .select("source_url")
    .where("project", "=", project)
    .where("visit_id", "is", null)
    // One of no application may be connected again on any's page.
    .where((eb) => eb.or([eb("application_id", "=", applicationId), eb("application_id", "is", null)]))
    .where("id", "=", isUuid(identityId) ? identityId : null)
    .executeTakeFirst();
  if (row === undefined)
    throw new Failure("not_found", `Application ${applicationId} has no identity ${identityId}.`);
  return row;
}
