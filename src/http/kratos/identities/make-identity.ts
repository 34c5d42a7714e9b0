import type { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { NewIdentity } from "../../../identity/identity-input.ts";
import type { Identity } from "../../../identity/types.ts";
import { conflictsAtCreation, repeatedOtherwise } from "../refusal.ts";
import { applicationBySchema } from "../schemas/schema-of.ts";
import type { createBody } from "./body.ts";
import { actorOf, type IdentityCall } from "./identity-call.ts";
import { addressesOf, identityFields, traitsOf } from "./identity-input.ts";
import { importCredentials } from "./import-credentials.ts";
import { nothingPresent } from "./present.ts";

export type CreateBody = z.output<typeof createBody>;

/** What a body asks for, in the words of the core; its traits are looked at with their schema. @throws KratosRefusal 400 */
export function newIdentityOf(body: CreateBody) {
  return {
    ...identityFields(body),
    traits: body.traits,
    addresses: addressesOf(body),
    credentials: importCredentials(body.credentials, nothingPresent),
  };
}

/** A request that may be repeated: `Idempotency-Key`, which clients of Kratos may send too. */
type Idempotency = NonNullable<NewIdentity["idempotency"]>;

/** @throws KratosRefusal 400 for the schema and for traits that are no object; Failure `invalid_traits`, `invalid_argument`, `conflict` */
export async function makeIdentity(
  call: Pick<IdentityCall, "deps" | "caller">,
  schemaId: string,
  { traits, ...input }: ReturnType<typeof newIdentityOf>,
  idempotency?: Idempotency,
): Promise<{ identity: Identity; schemaId: string }> {
  const { applications, identities } = call.deps;
  const { project } = call.caller;
  const actor = actorOf(call);
  const { id: applicationId, name } = await applicationBySchema(applications, { project, schemaId, actor });
  const repeatable = idempotency === undefined ? {} : { idempotency };
  const identity = await identities.create(
    project,
    { ...input, traits: traitsOf(traits), applicationId, ...repeatable },
    actor,
  );
  return { identity, schemaId: name };
}

/** Says of a conflict what Kratos says of one at a creation. */
export function atCreation(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  if (error.code === "unknown_identity")
    return repeatedOtherwise(
      "The identity that was made for this idempotency key is deleted: choose another key.",
      error,
    );
  if (error.code !== "conflict") return error;
  // What the database refuses is another identity's; the rest is the key's.
  return error.cause === undefined ? repeatedOtherwise(error.message, error) : conflictsAtCreation(error);
}
