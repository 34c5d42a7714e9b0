import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Logger } from "../../log.ts";
import { recordAudit } from "../audit.ts";
import { removeCredentials } from "../credentials/credentials.ts";
import { firstFree, namesFor } from "../records/identity-names.ts";
import { noteSeen } from "../records/note-seen.ts";
import type { Keyring } from "../sealing/keyring.ts";
import { leadsTo } from "./connect-tokens.ts";
import { type ConnectVisit, visitActor } from "./connect-visits.ts";
import { copyCredentials, copyState } from "./copy-credentials.ts";

/** What the end of a visit came to. */
export type Finished =
  /** The identity is signed in, with what the visitor gave. */
  | { end: "done"; identityId: string }
  /** Another visit was first, or this one was given up. */
  | { end: "used" }
  /**
   * The identity was removed, switched off, moved, or given other credentials, since the visitor gave theirs, or those
   * are not what was proved: it stays as it is.
   */
  | { end: "outdated" };

/** Ends the transaction with nothing done. */
class NotDone extends Error {
  readonly end: "used" | "outdated";

  constructor(end: "used" | "outdated") {
    super(`The visit is ${end}.`);
    this.end = end;
  }
}

/**
 * Ends a visit whose proof succeeded, in one transaction: the token is used up, and the half-made identity becomes one
 * that counts, or gives what it was proved with to the one it stands for and goes. This is the one place where a visit
 * succeeds.
 * @throws Failure `key_unavailable`
 */
export async function finishVisit(
  { kysely, keyring, log }: { kysely: Kysely<Tables>; keyring: Keyring; log: Logger },
  visit: ConnectVisit,
  { isPasswordProved }: { isPasswordProved: boolean },
): Promise<Finished> {
  const { project, applicationId: application } = visit.token;
  try {
    const identityId = await kysely.transaction().execute(async (trx) => {
      // In the order in which removing an application takes them: nobody waits for each other.
      const target = await lockTarget(trx, visit);
      const own = await trx
        .selectFrom("identities")
        .selectAll()
        .where("visit_id", "=", visit.id)
        .forUpdate()
        .executeTakeFirst();
      const proving = await useToken(trx, visit);
      // It goes with the one that it stands for.
      if (own === undefined || !isProved(own, proving)) throw new NotDone("outdated");
      const id =
        visit.token.identityId === null
          ? await makeReal(trx, { visit, own })
          : await handOver(trx, { visit, own, target, keyring, isPasswordProved });
      await trx
        .updateTable("connect_visits")
        .set({ identity_id: id, result: "success", updated_at: sql<Date>`now()` })
        .where("id", "=", visit.id)
        .execute();
      if (visit.visitor !== undefined)
        await noteSeen(trx, {
          id,
          sighting: { at: new Date().toISOString(), ...visit.visitor },
          isFlushed: true,
        });
      return id;
    });
    log.info({ visit: visit.id, project, application, identity: identityId }, "an account was connected");
    return { end: "done", identityId };
  } catch (error) {
    if (!(error instanceof NotDone)) throw error;
    return error.end === "used" ? await usedBy(kysely, visit) : { end: error.end };
  }
}

type Own = Selectable<Tables["identities"]>;
type Target = Pick<Own, "id" | "data_key" | "key_id" | "credentials_version">;

/** The identity that the visit is for, held until the transaction ends. */
async function lockTarget(trx: Transaction<Tables>, { token }: ConnectVisit): Promise<Target | undefined> {
  if (token.identityId === null) return undefined;
  const target = await trx
    .selectFrom("identities")
    .select(["id", "application_id", "data_key", "key_id", "credentials_version"])
    .where("project", "=", token.project)
    .where("id", "=", token.identityId)
    .where("state", "=", "active")
    .forUpdate()
    .executeTakeFirst();
  return target !== undefined && leadsTo(token, { applicationId: target.application_id })
    ? target
    : undefined;
}

/** What the visit's run was given to prove. */
interface Proving {
  runId: string | null;
  version: number | null;
}

/**
 * Whether what is there is what the run has proved: nothing was given since it began, and the login that it came to is
 * one with that. A look at somebody's own sign-in proves a state alone, and gives no credentials over.
 */
function isProved(own: Own, { version }: Proving): boolean {
  return own.credentials_version === version && (own.status === "validated" || own.replaces.length === 0);
}

/** One visit, of those with the token, gets through here. */
async function useToken(trx: Transaction<Tables>, { id, token, runId }: ConnectVisit): Promise<Proving> {
  const used = await trx
    .updateTable("connect_tokens")
    .set({ used_at: sql<Date>`now()` })
    .where("id", "=", token.id)
    .where("used_at", "is", null)
    .executeTakeFirst();
  const open = await trx
    .selectFrom("connect_visits")
    .select(["run_id as runId", "proving_version as version"])
    .where("id", "=", id)
    .where("result", "is", null)
    .forUpdate()
    .executeTakeFirst();
  if (used.numUpdatedRows === 0n || open === undefined) throw new NotDone("used");
  if (open.runId !== runId) throw new NotDone("outdated");
  return open;
}

/** Another request of the same visit may have been first: then it is done. */
async function usedBy(kysely: Kysely<Tables>, { id }: ConnectVisit): Promise<Finished> {
  const row = await kysely
    .selectFrom("connect_visits")
    .select(["result", "identity_id"])
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.result === "success" && row.identity_id !== null
    ? { end: "done", identityId: row.identity_id }
    : { end: "used" };
}

/** From now on it is listed, checked and counted, by the name that its visitor gave it. */
async function makeReal(
  trx: Transaction<Tables>,
  { visit, own }: { visit: ConnectVisit; own: Own },
): Promise<string> {
  const names = namesFor(own.id, { displayName: own.display_name, sourceUrl: own.source_url }, undefined);
  const name = (await firstFree(trx, own.project, names.slice(0, -1))) ?? own.name;
  await trx
    .updateTable("identities")
    .set({ ...proved, name, visit_id: null, replaces: "[]", created_at: sql<Date>`now()` })
    .where("id", "=", own.id)
    .execute();
  const entry = { project: own.project, actor: visitActor(visit), identityId: own.id };
  await recordAudit(trx, { ...entry, action: "identity.created" });
  return own.id;
}

/** Gives what was proved to the identity it is for. What was lent to it for the proof stays as it is there. */
async function handOver(
  trx: Transaction<Tables>,
  {
    visit,
    own,
    target,
    keyring,
    isPasswordProved,
  }: {
    visit: ConnectVisit;
    own: Own;
    target: Target | undefined;
    keyring: Keyring;
    isPasswordProved: boolean;
  },
): Promise<string> {
  if (target === undefined || target.credentials_version !== own.stands_for_version)
    throw new NotDone("outdated");
  const { id } = target;
  const keyed = (row: Target | Own) => ({
    id: row.id,
    key: keyring.unwrap(row.id, { dataKey: row.data_key, keyId: row.key_id }),
  });
  const [from, to] = [keyed(own), keyed(target)];
  const replaces = new Set(own.replaces);
  // The site sent a mail in place of asking for it: nobody knows whether it is right.
  if (!isPasswordProved && (await hasPassword(trx, id))) replaces.delete("username_password");
  // A password takes the place of a hash of one.
  const removed = replaces.has("username_password") ? [...replaces, "password_hash" as const] : [...replaces];
  if (removed.length > 0) await removeCredentials(trx, id, removed);
  await copyCredentials(trx, { from, to, takes: (type) => replaces.has(type) });
  await copyState(trx, { from, to });
  await trx
    .updateTable("identities")
    .set({
      ...proved,
      last_login: own.last_login === null ? null : JSON.stringify(own.last_login),
      credentials_version: sql<number>`credentials_version + 1`,
      ...(replaces.size > 0 ? { auth_flow_id: own.auth_flow_id } : {}),
    })
    .where("id", "=", id)
    .execute();
  await sql`
    insert into identity_health (identity_id, state, reason, code, run_id)
    select ${id}::uuid, state, reason, code, run_id from identity_health
    where identity_id = ${own.id} order by id desc limit 1
  `.execute(trx);
  const entry = { project: own.project, actor: visitActor(visit), identityId: id };
  await recordAudit(trx, { ...entry, action: "identity.updated" });
  if (replaces.size > 0) await recordAudit(trx, { ...entry, action: "credentials.replaced" });
  await trx.deleteFrom("identities").where("id", "=", own.id).execute();
  return id;
}

async function hasPassword(trx: Transaction<Tables>, id: string): Promise<boolean> {
  const held = await trx
    .selectFrom("credentials")
    .select("summary")
    .where("identity_id", "=", id)
    .where("type", "=", "username_password")
    .executeTakeFirst();
  return held !== undefined && held.summary["passwordless"] !== true;
}

/** As a login leaves it. */
const proved = {
  status: "validated",
  status_reason: null,
  status_at: sql<Date>`now()`,
  updated_at: sql<Date>`now()`,
} as const;
