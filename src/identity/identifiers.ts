import type { Transaction } from "kysely";
import type { Tables } from "../database/tables.ts";
import { inOrder } from "./in-order.ts";
import type { Identifier, IdentifierKind } from "./types.ts";

/** Makes the identifiers of these kinds the ones given. @throws a unique violation */
export async function replaceIdentifiers(
  trx: Transaction<Tables>,
  { id, applicationId }: { id: string; applicationId: string },
  { kinds, identifiers }: { kinds: readonly IdentifierKind[]; identifiers: readonly Identifier[] },
): Promise<void> {
  await trx
    .deleteFrom("identity_identifiers")
    .where("identity_id", "=", id)
    .where("kind", "in", kinds)
    .execute();
  if (identifiers.length === 0) return;
  await trx
    .insertInto("identity_identifiers")
    .values(
      inOrder(identifiers).map(({ kind, value }) => ({
        application_id: applicationId,
        identity_id: id,
        kind,
        value,
      })),
    )
    .execute();
}

/** Brings the identifiers that came with credentials along to another application. @throws a unique violation */
export async function moveIdentifiers(
  trx: Transaction<Tables>,
  { id, applicationId }: { id: string; applicationId: string | null },
): Promise<void> {
  const rows = await trx
    .selectFrom("credentials")
    .select(["type", "summary"])
    .where("identity_id", "=", id)
    .where("type", "in", ["oidc", "saml"])
    .execute();
  const identifiers = rows.flatMap(({ type: kind, summary: { identifiers: values = [] } }) =>
    kind === "oidc" || kind === "saml" ? (values as string[]).map((value) => ({ kind, value })) : [],
  );
  if (applicationId === null)
    await trx.deleteFrom("identity_identifiers").where("identity_id", "=", id).execute();
  else await replaceIdentifiers(trx, { id, applicationId }, { kinds: ["oidc", "saml"], identifiers });
}
