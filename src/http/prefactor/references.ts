import { Failure } from "../../failure.ts";
import type { Application, Applications } from "../../identity/applications/applications.ts";
import type { Identities } from "../../identity/identities.ts";
import type { DeletedIdentity, Identity } from "../../identity/types.ts";
import { RefusedValue } from "./failure-words.ts";
import { idsOf } from "./ids.ts";
import { looksLikePfid, uuidOf } from "./pfid.ts";

interface Stores {
  applications: Pick<Applications, "get">;
  identities: Pick<Identities, "get" | "getDeleted">;
}

/** An id as a request gives it, and the field it stands in. */
interface Reference {
  project: string;
  field: string;
  id: string;
}

/** The pool that an id means. @throws RefusedValue; Failure `not_found` */
export async function poolById(stores: Stores, reference: Reference): Promise<Application> {
  const uuid = uuidOfReference(reference, "pool");
  const pool = await found(() => stores.applications.get(reference.project, uuid));
  if (pool !== undefined) return pool;
  if ((await identityOf(stores, reference.project, uuid)) !== undefined)
    throw otherType(reference, "pool", "an identity");
  throw nothing(reference, "pool");
}

/** An identity, or what is left of a deleted one. */
export type Known = { identity: Identity; isDeleted: false } | { identity: DeletedIdentity; isDeleted: true };

/** The identity that an id means, deleted or not. @throws RefusedValue; Failure `not_found` */
export async function identityById(stores: Stores, reference: Reference): Promise<Known> {
  const uuid = uuidOfReference(reference, "identity");
  const known = await identityOf(stores, reference.project, uuid);
  if (known !== undefined) return known;
  if ((await found(() => stores.applications.get(reference.project, uuid))) !== undefined)
    throw otherType(reference, "identity", "a pool");
  throw nothing(reference, "identity");
}

async function identityOf({ identities }: Stores, project: string, uuid: string): Promise<Known | undefined> {
  const identity = await found(() => identities.get(project, uuid));
  if (identity !== undefined) return { identity, isDeleted: false };
  const deleted = await identities.getDeleted(project, uuid);
  return deleted === undefined ? undefined : { identity: deleted, isDeleted: true };
}

async function found<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof Failure && error.status === 404) return undefined;
    throw error;
  }
}

function uuidOfReference(reference: Reference, wanted: string): string {
  const { project, field, id } = reference;
  if (!looksLikePfid(id))
    throw new RefusedValue(
      "invalid_value",
      `${field}: is not an id: 32 digits and lower-case letters, without i, l, o and u.`,
    );
  const { partition, account, domain } = idsOf(project);
  if (id === account) throw otherType(reference, wanted, "an account");
  if (id === domain) throw otherType(reference, wanted, "a domain");
  const uuid = uuidOf(id, partition);
  if (uuid === undefined) throw nothing(reference, wanted);
  return uuid;
}

const otherType = ({ field }: Reference, wanted: string, is: string) =>
  new RefusedValue("unexpected_ref_type", `${field}: is the id of ${is}; the id of the ${wanted} is wanted.`);

const nothing = ({ field }: Reference, wanted: string) =>
  new Failure("not_found", `${field}: there is no ${wanted} with this id.`);
