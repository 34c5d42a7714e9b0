import { type Kysely, sql, type Transaction } from "kysely";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import type { Redactor } from "../redact.ts";
import { Secret } from "../secret.ts";
import type { AuditAction } from "./audit.ts";
import type { Authenticator } from "./authenticator.ts";
import type { CheckedCredential } from "./identity-input.ts";
import type { Keyring } from "./keyring.ts";
import { open, seal } from "./seal.ts";
import type { Actor, RevealedCredentials } from "./types.ts";

type CredentialType = Tables["credentials"]["type"];

/** Seals credentials and stores them in place of those of the same types. */
export async function storeCredentials(
  trx: Transaction<Tables>,
  identity: { id: string; key: Buffer },
  credentials: readonly CheckedCredential[],
): Promise<void> {
  if (credentials.length === 0) return;
  await trx
    .insertInto("credentials")
    .values(
      credentials.map((credential) => ({
        identity_id: identity.id,
        type: credential.type,
        summary: JSON.stringify(summaryOf(credential)),
        sealed: seal(
          identity.key,
          { identityId: identity.id, field: credential.type },
          Buffer.from(JSON.stringify(plainOf(credential))),
        ),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["identity_id", "type"]).doUpdateSet((eb) => ({
        summary: eb.ref("excluded.summary"),
        sealed: eb.ref("excluded.sealed"),
        updated_at: sql<Date>`now()`,
      })),
    )
    .execute();
}

/**
 * Opens an identity's credentials, in one statement that also writes down who did: without the entry there is no
 * secret.
 * @throws Failure `unknown_identity`, `key_unavailable`
 */
export async function revealCredentials(
  {
    kysely,
    keyring,
    redactor,
  }: { kysely: Kysely<Tables>; keyring: Keyring; redactor?: Redactor | undefined },
  identityId: string,
  actor: Actor,
): Promise<RevealedCredentials> {
  const action: AuditAction = "credentials.revealed";
  const { rows } = await sql<{
    data_key: Buffer;
    key_id: string;
    type: CredentialType | null;
    sealed: Buffer | null;
  }>`
    with entry as (
      insert into audit (project, actor, action, identity_id, run_id)
      select project, ${actor.name}, ${action}, id, ${actor.runId ?? null}::uuid
      from identities where id = ${identityId}
    )
    select i.data_key, i.key_id, c.type, c.sealed
    from identities i left join credentials c on c.identity_id = i.id
    where i.id = ${identityId}
  `.execute(kysely);
  const first = rows[0];
  if (first === undefined) {
    throw new Failure("unknown_identity", `There is no identity ${identityId}.`);
  }
  const key = keyring.unwrap(identityId, { dataKey: first.data_key, keyId: first.key_id });
  const revealed: RevealedCredentials = {};
  for (const { type, sealed } of rows) {
    if (type === null || sealed === null) continue;
    const plain: unknown = JSON.parse(open(key, { identityId, field: type }, sealed).toString("utf8"));
    assignRevealed(revealed, type, plain);
  }
  if (redactor !== undefined) for (const secret of secretsOf(revealed)) redactor.add(secret);
  return revealed;
}

function summaryOf(credential: CheckedCredential): Record<string, unknown> {
  switch (credential.type) {
    case "username_password":
      return {};
    case "authenticator":
      return {
        algorithm: credential.algorithm,
        digits: credential.digits,
        periodSeconds: credential.periodSeconds,
      };
    case "custom":
      return { fields: Object.keys(credential.fields) };
  }
}

function plainOf(credential: CheckedCredential): Record<string, unknown> {
  switch (credential.type) {
    case "username_password":
      return { username: credential.username.reveal(), password: credential.password.reveal() };
    case "authenticator": {
      const { secret, algorithm, digits, periodSeconds } = credential;
      return { secret: secret.reveal(), algorithm, digits, periodSeconds } satisfies Authenticator;
    }
    case "custom":
      return Object.fromEntries(
        Object.entries(credential.fields).map(([name, secret]) => [name, secret.reveal()]),
      );
  }
}

/** What `plainOf` wrote, authenticated by the seal: its shape needs no second check. */
function assignRevealed(revealed: RevealedCredentials, type: CredentialType, plain: unknown): void {
  switch (type) {
    case "username_password": {
      const { username, password } = plain as { username: string; password: string };
      revealed.usernamePassword = { username: new Secret(username), password: new Secret(password) };
      return;
    }
    case "authenticator": {
      const { secret, ...rest } = plain as Authenticator;
      revealed.authenticator = { secret: new Secret(secret), ...rest };
      return;
    }
    case "custom":
      revealed.custom = Object.fromEntries(
        Object.entries(plain as Record<string, string>).map(([name, value]) => [name, new Secret(value)]),
      );
  }
}

function secretsOf({ usernamePassword, authenticator, custom }: RevealedCredentials): Secret[] {
  return [
    ...(usernamePassword === undefined ? [] : [usernamePassword.password]),
    ...(authenticator === undefined ? [] : [authenticator.secret]),
    ...Object.values(custom ?? {}),
  ];
}
