import type { Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { type Application, toApplication } from "../applications/application-rows.ts";
import type { CheckedCredential } from "../identity-input.ts";
import { taken } from "./identity-names.ts";

/** The application an identity is to belong to; it cannot go before the transaction ends. @throws Failure `not_found` */
export async function applicationOf(
  trx: Transaction<Tables>,
  project: string,
  id: string,
): Promise<Application> {
  const row = await trx
    .selectFrom("applications")
    .selectAll()
    .where("project", "=", project)
    .where("id", "=", id)
    .forKeyShare()
    .executeTakeFirst();
  if (row === undefined) throw new Failure("not_found", `There is no application ${id}.`);
  return toApplication(row);
}

/** @throws Failure `invalid_argument` where a credential needs a username, and there is none */
export function assertUsable(credentials: readonly CheckedCredential[], loginName: string | null): void {
  const index = credentials.findIndex(
    (credential) => credential.type === "username_password" && credential.username === undefined,
  );
  if (index >= 0 && loginName === null)
    throw new Failure(
      "invalid_argument",
      `The identity is not usable.\n  credentials.${index}.username: is missing, and no trait of the identity is one`,
    );
}

/** What to say where something of an identity is another's already. */
export function clashOf(
  constraint: string | undefined,
  { name, externalId }: { name?: string | undefined; externalId?: string | null | undefined },
): string {
  if (constraint === "identities_external_id")
    return `Another identity has the external id "${externalId}" already.`;
  if (constraint === "identity_addresses_value")
    return "Another identity of the application has one of the addresses that its traits are verified or recovered by.";
  if (constraint === "identity_identifiers_pkey")
    return "Another identity of the application is known by one of its identifiers already: by a trait that identifies, or a login elsewhere.";
  return taken(name);
}
