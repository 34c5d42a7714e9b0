import { randomUUIDv7 } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { namesFor } from "../records/identity-names.ts";
import type { Keyring } from "../sealing/keyring.ts";
import type { CredentialType, NewCredential } from "../types.ts";
import type { ConnectVisit } from "./connect-visits.ts";
import type { Keyed } from "./copy-credentials.ts";
import type { Target } from "./lend-credentials.ts";

/** What a try to sign in is made with. */
export interface Try {
  visit: ConnectVisit;
  /** The visit's run, which it was given for this try. */
  runId: string;
  /** The application's, for a new identity; one that is there already has its own. */
  sourceUrl: string;
  /** The auth flow that asked for the credentials; null for the standard one. */
  flowId: string | null;
  credentials: NewCredential[];
  /**
   * Types that the identity has, and that are not to be tried: the site has refused them. Nor are they in later tries;
   * and those that the refused try was given by the visitor are not meant.
   */
  without?: readonly CredentialType[];
  /** Whether the identity's other credentials are to help: its authenticator, its mailbox, its passkey. */
  lends: boolean;
}

/** A visit's own identity, and which of the credentials that were put into it are there now. */
export type Own = Keyed & { version: number };

/** Nothing is known of it any more. */
export const anew = {
  status: "pending",
  status_reason: null,
  status_at: sql<Date>`now()`,
  last_login: null,
  credentials_version: sql<number>`credentials_version + 1`,
  updated_at: sql<Date>`now()`,
} as const;

/** The types that the try is made with itself, or without. */
export async function replacedBy(
  trx: Transaction<Tables>,
  { visit, credentials, without = [], lends }: Try,
): Promise<CredentialType[]> {
  const before = await trx
    .selectFrom("identities as i")
    .select((eb) => [
      "i.replaces",
      eb
        .selectFrom("credentials as c")
        .whereRef("c.identity_id", "=", "i.id")
        .select(sql<CredentialType[]>`coalesce(jsonb_agg(c.type), '[]')`.as("types"))
        .as("types"),
    ])
    .where("i.visit_id", "=", visit.id)
    .executeTakeFirst();
  const replaced = before?.replaces ?? [];
  const leftOut = lends ? replaced.filter((type) => before?.types?.includes(type) !== true) : [];
  const refused = without.filter((type) => !replaced.includes(type));
  return [...new Set([...credentials.map(({ type }) => type), ...leftOut, ...refused])];
}

/** The visit's own, which is made where there is none yet. */
export async function findOwn(
  trx: Transaction<Tables>,
  {
    attempt,
    replaces,
    target,
    keyring,
  }: { attempt: Try; replaces: CredentialType[]; target: Target | undefined; keyring: Keyring },
): Promise<Own> {
  const { visit, flowId, sourceUrl } = attempt;
  const about = {
    application_id: target === undefined ? visit.token.applicationId : target.application_id,
    auth_flow_id: flowId,
    source_url: target === undefined ? sourceUrl : target.source_url,
    login_name: target?.login_name ?? null,
    allowed_domains: JSON.stringify(target?.allowed_domains ?? []),
    max_sessions: target?.max_sessions ?? null,
    provider: target?.provider ?? null,
    proxy_server: target?.proxy_server ?? null,
    stands_for_version: target?.credentials_version ?? null,
    replaces: JSON.stringify(replaces),
  };
  const change = async (): Promise<Own | undefined> => {
    const row = await trx
      .updateTable("identities")
      .set({ ...about, ...anew })
      .where("visit_id", "=", visit.id)
      .returning(["id", "data_key", "key_id", "credentials_version as version"])
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { id, version } = row;
    return { id, version, key: keyring.unwrap(id, { dataKey: row.data_key, keyId: row.key_id }) };
  };
  const known = await change();
  if (known !== undefined) return known;
  const id = randomUUIDv7();
  const { key, wrapped } = keyring.newDataKey(id);
  // A name that nobody would ask for: the one it is to have is free until then.
  const [name = id] = namesFor(id, { sourceUrl: about.source_url }, undefined);
  const made = await trx
    .insertInto("identities")
    .values({
      id,
      name,
      ...about,
      project: visit.token.project,
      display_name: target === undefined ? visit.userName : target.display_name,
      status: "pending",
      data_key: wrapped.dataKey,
      key_id: wrapped.keyId,
      visit_id: visit.id,
      stands_for: target?.id ?? null,
    })
    // Another request of the visit may have made one meanwhile.
    .onConflict((conflict) => conflict.column("visit_id").where("visit_id", "is not", null).doNothing())
    .returning("credentials_version as version")
    .executeTakeFirst();
  const own = made === undefined ? await change() : { id, key, version: made.version };
  if (own === undefined) throw new Failure("conflict", "The visit has ended.");
  return own;
}
