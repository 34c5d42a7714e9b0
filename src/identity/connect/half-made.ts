import { sql, type Transaction } from "kysely";
import type { Database } from "../../database/open.ts";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import { storeCredentials } from "../credentials/credentials.ts";
import { check, identityPatchSchema } from "../identity-input.ts";
import type { Keyring } from "../sealing/keyring.ts";
import type { CredentialType, NewCredential } from "../types.ts";
import type { ConnectVisit } from "./connect-visits.ts";
import { type Finished, finishVisit } from "./finish-visit.ts";
import { anew, findOwn, type Own, replacedBy, type Try } from "./half-made-rows.ts";
import { findTarget, lend, withoutLoginName } from "./lend-credentials.ts";

/**
 * The identities of visits to the connect page, until they are proved. They are listed, counted, checked and shown
 * nowhere; a visit has one at most. Where somebody signs in to an identity that is there already, it stands for that
 * one, which is not touched before the proof.
 */
export interface HalfMadeIdentities {
  /**
   * Puts what the visitor gave in place of what an earlier try gave.
   * @returns its id, and the identity that the visit's run is to name: the one it stands for, where it does for one
   * @throws Failure `invalid_argument`; `conflict` where the identity that it is for is there no more, or where the
   * visit has another run by now, or has come to an end
   */
  put(attempt: Try): Promise<{ id: string; runAs: string }>;
  /**
   * Adds a credential to what was given, for the visit's next run.
   * @throws Failure `invalid_argument`; `conflict` where nothing was given, and as `put`
   */
  add(visit: ConnectVisit, runId: string, credential: NewCredential): Promise<void>;
  /**
   * Ends a visit whose proof succeeded. See `finishVisit`. `isPasswordProved`: whether the proof gave the site the
   * password, where one was given here; an identity that has one keeps its own else.
   */
  finish(visit: ConnectVisit, proof: { isPasswordProved: boolean }): Promise<Finished>;
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
        // Before any identity, as whoever removes or moves it does: nobody waits for each other.
        await trx
          .selectFrom("applications")
          .select("id")
          .where("id", "=", visit.token.applicationId)
          .forKeyShare()
          .execute();
        const target = await findTarget(trx, visit);
        const replaces = await replacedBy(trx, attempt);
        const own = await findOwn(trx, { attempt, replaces, target, keyring });
        const given = await withoutLoginName(trx, { credentials: attempt.credentials, target, keyring });
        const { credentials } = checked(given);
        await trx.deleteFrom("credentials").where("identity_id", "=", own.id).execute();
        await trx.deleteFrom("saved_states").where("identity_id", "=", own.id).execute();
        await storeCredentials(trx, { ...own, applicationId: null }, credentials);
        if (target !== undefined && attempt.lends)
          await lend(trx, { target, own, visit, keyring, except: [...replaces, ...inPlaceOf(credentials)] });
        await toBeProved(trx, { visit, runId: attempt.runId, own });
        return { id: own.id, runAs: target?.id ?? own.id };
      });
      log.info({ visit: visit.id, project: visit.token.project }, "a sign-in was asked for");
      return put;
    },

    async add(visit, runId, credential) {
      const { credentials } = checked([credential]);
      await kysely.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable("identities")
          .set({
            ...anew,
            replaces: sql<string>`(replaces - ${credential.type}::text) || jsonb_build_array(${credential.type}::text)`,
          })
          .where("visit_id", "=", visit.id)
          .returning(["id", "data_key", "key_id", "credentials_version as version"])
          .executeTakeFirst();
        if (row === undefined) throw new Failure("conflict", "What was given is there no more.");
        const key = keyring.unwrap(row.id, { dataKey: row.data_key, keyId: row.key_id });
        await storeCredentials(trx, { id: row.id, key, applicationId: null }, credentials);
        await trx.deleteFrom("saved_states").where("identity_id", "=", row.id).execute();
        await toBeProved(trx, { visit, runId, own: row });
      });
    },

    finish: (visit, proof) => finishVisit({ kysely, keyring, log }, visit, proof),

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

/** What would sign in without a look at what the visitor gave: the proof would prove nothing of it. */
const inPlaceOf = (given: readonly { type: CredentialType }[]): CredentialType[] =>
  given.some(({ type }) => type === "username_password") ? ["passkey"] : [];

const checked = (credentials: NewCredential[]) => {
  const { credentials: found = [] } = check(identityPatchSchema, "sign-in", { credentials });
  return { credentials: found };
};

/** Ties what was given to the run that is to prove it. @throws Failure `conflict` where that is the visit's no more */
async function toBeProved(
  trx: Transaction<Tables>,
  { visit, runId, own }: { visit: ConnectVisit; runId: string; own: Pick<Own, "id" | "version"> },
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("connect_visits")
    .set({ identity_id: own.id, proving_version: own.version })
    .where("id", "=", visit.id)
    .where("run_id", "=", runId)
    .where("result", "is", null)
    .executeTakeFirst();
  if (numUpdatedRows === 0n)
    throw new Failure("conflict", "Another sign-in is under way, or the visit has ended.");
}
