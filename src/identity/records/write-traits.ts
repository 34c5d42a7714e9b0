import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { replaceIdentifiers } from "../identifiers.ts";
import { inOrder } from "../in-order.ts";
import { normaliseIdentifier } from "../traits/normalise.ts";
import type { Address, IdentifierKind } from "../types.ts";
import type { ReadTraits } from "./identity-traits.ts";

interface Owner {
  id: string;
  applicationId: string;
}

type Place = Pick<Address, "purpose" | "via" | "value">;

/** What is known of an address. */
export type KnownAddress = Place & {
  verified?: boolean | undefined;
  status?: Address["status"] | undefined;
  verifiedAt?: Date | null | undefined;
};

/** The kinds that come of traits; the others come with a credential. */
const traitKinds = ["password", "webauthn", "code"] as const satisfies readonly IdentifierKind[];

/**
 * Makes the identifiers and addresses of an identity, whose row is locked, those of its traits. Addresses that stay keep
 * their id and what is known of them, unless `known` says otherwise.
 * @throws a unique violation where another identity of the application has one of them
 */
export async function writeTraits(
  trx: Transaction<Tables>,
  owner: Owner,
  { identifiers, addresses }: Pick<ReadTraits, "identifiers" | "addresses">,
  known: readonly KnownAddress[] = [],
): Promise<void> {
  await replaceIdentifiers(trx, owner, { kinds: traitKinds, identifiers });
  await writeAddresses(trx, owner, { addresses, known });
}

async function writeAddresses(
  trx: Transaction<Tables>,
  { id, applicationId }: Owner,
  { addresses, known }: { addresses: readonly Place[]; known: readonly KnownAddress[] },
): Promise<void> {
  const before = await trx
    .selectFrom("identity_addresses")
    .select(["id", "application_id", "purpose", "via", "value"])
    .where("identity_id", "=", id)
    .execute();
  const stays = before.filter(
    (one) => one.application_id === applicationId && addresses.some((other) => isSame(one, other)),
  );
  const gone = before.filter((one) => !stays.includes(one)).map((one) => one.id);
  if (gone.length > 0) await trx.deleteFrom("identity_addresses").where("id", "in", gone).execute();
  for (const one of stays) {
    const told = known.find((other) => isSame(one, other));
    if (told === undefined) continue;
    await trx
      .updateTable("identity_addresses")
      .set({ ...columnsOf(told), updated_at: sql<Date>`now()` })
      .where("id", "=", one.id)
      .execute();
  }
  const added = addresses.filter((one) => !stays.some((other) => isSame(one, other)));
  if (added.length === 0) return;
  await trx
    .insertInto("identity_addresses")
    .values(
      inOrder(added).map((address) => ({
        id: randomUUID(),
        application_id: applicationId,
        identity_id: id,
        ...address,
        ...columnsOf(known.find((other) => isSame(address, other)) ?? address),
      })),
    )
    .execute();
}

function columnsOf({ verified = false, status, verifiedAt }: KnownAddress) {
  return {
    verified,
    status: status ?? (verified ? ("completed" as const) : ("pending" as const)),
    verified_at: verified ? (verifiedAt ?? sql<Date>`now()`) : null,
  };
}

const isSame = (a: Place, b: Place) =>
  a.purpose === b.purpose &&
  a.via === b.via &&
  normaliseIdentifier(a.value, a.via) === normaliseIdentifier(b.value, b.via);
