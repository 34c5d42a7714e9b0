import type { Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { recordAudit } from "../audit.ts";
import type { Keyring } from "../sealing/keyring.ts";
import { open } from "../sealing/seal.ts";
import { type CredentialType, keptCredentialTypes, type NewCredential } from "../types.ts";
import { leadsTo } from "./connect-tokens.ts";
import { type ConnectVisit, visitActor } from "./connect-visits.ts";
import { copyCredentials, type Keyed } from "./copy-credentials.ts";

export type Target = NonNullable<Awaited<ReturnType<typeof findTarget>>>;

/**
 * The identity that is signed in again; undefined for a new one.
 * @throws Failure `conflict` where it was removed, switched off or moved to another application
 */
export async function findTarget(trx: Transaction<Tables>, { token }: ConnectVisit) {
  if (token.identityId === null) return undefined;
  const target = await trx
    .selectFrom("identities")
    .selectAll()
    .where("project", "=", token.project)
    .where("id", "=", token.identityId)
    .where("visit_id", "is", null)
    .where("state", "=", "active")
    .forShare()
    .executeTakeFirst();
  if (target === undefined) throw new Failure("conflict", "The identity is there no more.");
  if (!leadsTo(token, { applicationId: target.application_id }))
    throw new Failure("conflict", "The identity belongs to another application.");
  return target;
}

/**
 * A username that is the identity's login name is left to its traits, so that it changes with them; but where the
 * identity has it as its own.
 */
export async function withoutLoginName(
  trx: Transaction<Tables>,
  {
    credentials,
    target,
    keyring,
  }: { credentials: NewCredential[]; target: Target | undefined; keyring: Keyring },
): Promise<NewCredential[]> {
  const typed = credentials.find((each) => each.type === "username_password");
  if (target?.login_name == null || typed?.username?.reveal() !== target.login_name) return credentials;
  const held = await trx
    .selectFrom("credentials")
    .select("sealed")
    .where("identity_id", "=", target.id)
    .where("type", "=", "username_password")
    .executeTakeFirst();
  if (held !== undefined) {
    const key = keyring.unwrap(target.id, { dataKey: target.data_key, keyId: target.key_id });
    const plain = open(key, { identityId: target.id, field: "username_password" }, held.sealed);
    if ("username" in (JSON.parse(plain.toString("utf8")) as object)) return credentials;
  }
  const { username: _, ...rest } = typed;
  return credentials.map((each) => (each === typed ? rest : each));
}

const signsIn = (type: CredentialType) => !keptCredentialTypes.some((kept) => kept === type);

/** What the site may ask for beside what the visitor gave: a code, a mail, a passkey. */
export async function lend(
  trx: Transaction<Tables>,
  {
    target,
    own,
    visit,
    except,
    keyring,
  }: {
    target: Target;
    own: Keyed;
    visit: ConnectVisit;
    except: readonly CredentialType[];
    keyring: Keyring;
  },
): Promise<void> {
  const key = keyring.unwrap(target.id, { dataKey: target.data_key, keyId: target.key_id });
  const lent = await copyCredentials(trx, {
    from: { id: target.id, key },
    to: own,
    takes: (type) => signsIn(type) && !except.includes(type),
  });
  if (lent.length === 0) return;
  await recordAudit(trx, {
    project: target.project,
    actor: visitActor(visit),
    action: "credentials.revealed",
    identityId: target.id,
  });
}
