import { type Kysely, sql, type Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { Redactor } from "../../redact.ts";
import { Secret } from "../../secret.ts";
import type { AuditAction } from "../audit.ts";
import { replaceIdentifiers } from "../identifiers.ts";
import type { CheckedCredential } from "../identity-input.ts";
import type { Keyring } from "../sealing/keyring.ts";
import { open } from "../sealing/seal.ts";
import { assertActive } from "../site-of.ts";
import type { Actor, CredentialType, IdentityState, RevealedCredentials } from "../types.ts";
import { assignRevealed, plainOf, secretsOf, summaryOf } from "./credential-types.ts";
import { putCredentials } from "./put-credentials.ts";

/**
 * Seals credentials and stores them in place of those of the same types. A password takes the place of a hash, and a
 * hash that of a password: an account has one.
 */
export async function storeCredentials(
  trx: Transaction<Tables>,
  identity: { id: string; key: Buffer; applicationId: string | null },
  credentials: readonly CheckedCredential[],
): Promise<void> {
  if (credentials.length === 0) return;
  const given = new Set(credentials.map(({ type }) => type));
  const replaced = replacedBy(credentials).filter((type) => !given.has(type));
  if (replaced.length > 0) await removeCredentials(trx, identity.id, replaced);
  await putCredentials(
    trx,
    identity,
    credentials.map((credential) => ({
      type: credential.type,
      summary: summaryOf(credential),
      plain: Buffer.from(JSON.stringify(plainOf(credential))),
    })),
  );
  for (const credential of credentials) {
    if (credential.type !== "oidc" && credential.type !== "saml") continue;
    const { type: kind, identifiers = [] } = credential;
    if (identity.applicationId === null) continue;
    await replaceIdentifiers(
      trx,
      { id: identity.id, applicationId: identity.applicationId },
      { kinds: [kind], identifiers: identifiers.map((value) => ({ kind, value })) },
    );
  }
}

function replacedBy(credentials: readonly CheckedCredential[]): CredentialType[] {
  return credentials.flatMap((credential): CredentialType[] => {
    if (credential.type === "password_hash") return ["username_password"];
    return credential.type === "username_password" && credential.password !== undefined
      ? ["password_hash"]
      : [];
  });
}

/** With the identifiers that came with them. */
export async function removeCredentials(
  trx: Transaction<Tables>,
  identityId: string,
  types: readonly CredentialType[],
): Promise<void> {
  await trx
    .deleteFrom("credentials")
    .where("identity_id", "=", identityId)
    .where("type", "in", types)
    .execute();
  const kinds = types.filter((type) => type === "oidc" || type === "saml");
  if (kinds.length === 0) return;
  await trx
    .deleteFrom("identity_identifiers")
    .where("identity_id", "=", identityId)
    .where("kind", "in", kinds)
    .execute();
}

/**
 * Opens an identity's credentials, in one statement that also writes down who did: without the entry there is no
 * secret.
 * @throws Failure `unknown_identity`, `key_unavailable`; `identity_inactive` where they are to sign in
 */
export async function revealCredentials(
  {
    kysely,
    keyring,
    redactor,
  }: { kysely: Kysely<Tables>; keyring: Keyring; redactor?: Redactor | undefined },
  identityId: string,
  actor: Actor,
  { toSignIn = false }: { toSignIn?: boolean } = {},
): Promise<RevealedCredentials> {
  const action: AuditAction = "credentials.revealed";
  const { rows } = await sql<{
    data_key: Buffer;
    key_id: string;
    type: CredentialType | null;
    sealed: Buffer | null;
    login_name: string | null;
    name: string;
    state: IdentityState;
  }>`
    with entry as (
      insert into audit (project, actor, action, identity_id, run_id)
      select project, ${actor.name}, ${action}, id, ${actor.runId ?? null}::uuid
      from identities where id = ${identityId}
    )
    select i.name, i.state, i.data_key, i.key_id, i.login_name, c.type, c.sealed
    from identities i left join credentials c on c.identity_id = i.id
    where i.id = ${identityId}
  `.execute(kysely);
  const first = rows[0];
  if (first === undefined) {
    throw new Failure("unknown_identity", `There is no identity ${identityId}.`);
  }
  if (toSignIn) assertActive(first);
  const key = keyring.unwrap(identityId, { dataKey: first.data_key, keyId: first.key_id });
  const revealed: RevealedCredentials = {};
  for (const { type, sealed } of rows) {
    if (type === null || sealed === null) continue;
    const plain: unknown = JSON.parse(open(key, { identityId, field: type }, sealed).toString("utf8"));
    assignRevealed(revealed, { type, plain, loginName: first.login_name });
  }
  // Where the site asks for no password, who it is is enough to begin with.
  if (revealed.usernamePassword === undefined && first.login_name !== null)
    revealed.usernamePassword = { username: new Secret(first.login_name) };
  if (redactor !== undefined) for (const secret of secretsOf(revealed)) redactor.add(secret);
  return revealed;
}
