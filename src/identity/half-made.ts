import { randomUUIDv7 } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { Database } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import type { ConnectVisit } from "./connect-visits.ts";
import type { Keyed } from "./copy-credentials.ts";
import { storeCredentials } from "./credentials.ts";
import { type Finished, finishVisit } from "./finish-visit.ts";
import { check, identityPatchSchema } from "./identity-input.ts";
import { namesFor } from "./identity-names.ts";
import type { Keyring } from "./keyring.ts";
import { findTarget, lend, type Target, withoutLoginName } from "./lend-credentials.ts";
import type { CredentialType, NewCredential } from "./types.ts";

/** What a try to sign in is made with. */
export interface Try {
  visit: ConnectVisit;
  /** The application's, for a new identity; one that is there already has its own. */
  sourceUrl: string;
  /** The auth flow that asked for the credentials; null for the standard one. */
  flowId: string | null;
  credentials: NewCredential[];
  /** Types that the identity has, and that are not to be tried: the site has refused them. */
  without?: readonly CredentialType[];
  /** Whether the identity's other credentials are to help: its authenticator, its mailbox, its passkey. */
  lends: boolean;
}

/**
 * The identities of visits to the connect page, until they are proved. They are listed, counted, checked and shown
 * nowhere; a visit has one at most. Where somebody signs in to an identity that is there already, it stands for that
 * one, which is not touched before the proof.
 */
export interface HalfMadeIdentities {
  /**
   * Puts what the visitor gave in place of what an earlier try gave.
   * @returns its id, and the identity that the visit's run is to name: the one it stands for, where it does for one
   * @throws Failure `invalid_argument`; `conflict` where the identity that it is for is there no more
   */
  put(attempt: Try): Promise<{ id: string; runAs: string }>;
  /** Adds a credential to what was given. @throws Failure `invalid_argument`; `conflict` where nothing was */
  add(visit: ConnectVisit, credential: NewCredential): Promise<void>;
  /** Ends a visit whose proof succeeded. See `finishVisit`. */
  finish(visit: ConnectVisit): Promise<Finished>;
  remove(visit: Pick<ConnectVisit, "id">): Promise<void>;
  /** Removes those of visits that were left. @returns how many */
  sweep(): Promise<number>;
}

/** As long as nobody does anything on the page; longer than any run of it. */
const leftAfter = sql`interval '30 minutes'`;
/** A sign-in that began in the token's last second has ended by then. */
const overAfter = sql`interval '15 minutes'`;

export function createHalfMadeIdentities({
  db: { kysely },
  keyring,
  log,
}: {
  db: Pick<Database, "kysely">;
  keyring: Keyring;
  log: Logger;
}): HalfMadeIdentities {
  return {
    async put(attempt) {
      const { visit } = attempt;
      const put = await kysely.transaction().execute(async (trx) => {
        const target = await findTarget(trx, visit);
        const own = await findOwn(trx, { attempt, target, keyring });
        const given = await withoutLoginName(trx, { credentials: attempt.credentials, target, keyring });
        const { credentials } = checked(given);
        await trx.deleteFrom("credentials").where("identity_id", "=", own.id).execute();
        await trx.deleteFrom("saved_states").where("identity_id", "=", own.id).execute();
        await storeCredentials(trx, { ...own, applicationId: null }, credentials);
        if (target !== undefined && attempt.lends)
          await lend(trx, { target, own, visit, keyring, except: typesOf(attempt) });
        await trx
          .updateTable("connect_visits")
          .set({ identity_id: own.id })
          .where("id", "=", visit.id)
          .execute();
        return { id: own.id, runAs: target?.id ?? own.id };
      });
      log.info({ visit: visit.id, project: visit.token.project }, "a sign-in was asked for");
      return put;
    },

    async add(visit, credential) {
      const { credentials } = checked([credential]);
      await kysely.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable("identities")
          .set({
            ...anew,
            replaces: sql<string>`(replaces - ${credential.type}::text) || jsonb_build_array(${credential.type}::text)`,
          })
          .where("visit_id", "=", visit.id)
          .returning(["id", "data_key", "key_id"])
          .executeTakeFirst();
        if (row === undefined) throw new Failure("conflict", "What was given is there no more.");
        const key = keyring.unwrap(row.id, { dataKey: row.data_key, keyId: row.key_id });
        await storeCredentials(trx, { id: row.id, key, applicationId: null }, credentials);
        await trx.deleteFrom("saved_states").where("identity_id", "=", row.id).execute();
      });
    },

    finish: (visit) => finishVisit({ kysely, keyring, log }, visit),

    async remove({ id }) {
      await kysely.deleteFrom("identities").where("visit_id", "=", id).execute();
    },

    async sweep() {
      const { numAffectedRows = 0n } = await sql`
        delete from identities i using connect_visits v join connect_tokens t on t.id = v.token_id
        where i.visit_id = v.id
          and (t.expires_at < now() - ${overAfter} or v.updated_at < now() - ${leftAfter})
          and not exists (select from runs r where r.id = v.run_id and r.ended_at is null)
      `.execute(kysely);
      return Number(numAffectedRows);
    },
  };
}

/** Nothing is known of it any more. */
const anew = {
  status: "pending",
  status_reason: null,
  status_at: sql<Date>`now()`,
  last_login: null,
  credentials_version: sql<number>`credentials_version + 1`,
  updated_at: sql<Date>`now()`,
} as const;

const checked = (credentials: NewCredential[]) => {
  const { credentials: found = [] } = check(identityPatchSchema, "sign-in", { credentials });
  return { credentials: found };
};

/** What the try is made with itself, or without. */
const typesOf = ({ credentials, without = [] }: Try): CredentialType[] => [
  ...new Set([...credentials.map(({ type }) => type), ...without]),
];

/** The visit's own, which is made where there is none yet. */
async function findOwn(
  trx: Transaction<Tables>,
  { attempt, target, keyring }: { attempt: Try; target: Target | undefined; keyring: Keyring },
): Promise<Keyed> {
  const { visit, flowId, sourceUrl } = attempt;
  const about = {
    auth_flow_id: flowId,
    source_url: target === undefined ? sourceUrl : target.source_url,
    login_name: target?.login_name ?? null,
    allowed_domains: JSON.stringify(target?.allowed_domains ?? []),
    max_sessions: target?.max_sessions ?? null,
    provider: target?.provider ?? null,
    proxy_server: target?.proxy_server ?? null,
    stands_for_version: target?.credentials_version ?? null,
    replaces: JSON.stringify(typesOf(attempt)),
  };
  const known = await trx
    .updateTable("identities")
    .set({ ...about, ...anew })
    .where("visit_id", "=", visit.id)
    .returning(["id", "data_key", "key_id"])
    .executeTakeFirst();
  if (known !== undefined)
    return {
      id: known.id,
      key: keyring.unwrap(known.id, { dataKey: known.data_key, keyId: known.key_id }),
    };
  const id = randomUUIDv7();
  const { key, wrapped } = keyring.newDataKey(id);
  // A name that nobody would ask for: the one it is to have is free until then.
  const [name = id] = namesFor(id, { sourceUrl: about.source_url }, undefined);
  await trx
    .insertInto("identities")
    .values({
      id,
      name,
      ...about,
      project: visit.token.project,
      application_id: target === undefined ? visit.token.applicationId : target.application_id,
      display_name: target === undefined ? visit.userName : target.display_name,
      status: "pending",
      data_key: wrapped.dataKey,
      key_id: wrapped.keyId,
      visit_id: visit.id,
      stands_for: target?.id ?? null,
    })
    .execute();
  return { id, key };
}
