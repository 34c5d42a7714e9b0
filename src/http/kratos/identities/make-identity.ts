import type { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { Identity } from "../../../identity/types.ts";
import { conflictsAtCreation } from "../refusal.ts";
import { applicationBySchema } from "../schemas/schema-of.ts";
import type { createBody } from "./body.ts";
import { actorOf, type IdentityCall } from "./identity-call.ts";
import { addressesOf, identityFields, traitsOf } from "./identity-input.ts";
import { importCredentials } from "./import-credentials.ts";

export type CreateBody = z.output<typeof createBody>;

/** What a body asks for, in the words of the core; its traits are looked at with their schema. @throws KratosRefusal 400 */
export function newIdentityOf(body: CreateBody) {
  return {
    ...identityFields(body),
    traits: body.traits,
    addresses: addressesOf(body),
    credentials: importCredentials(body.credentials, { kept: {}, username: undefined }),
  };
}

/** @throws KratosRefusal 400 for the schema and for traits that are no object; Failure `invalid_traits`, `invalid_argument`, `conflict` */
export async function makeIdentity(
  call: Pick<IdentityCall, "deps" | "caller">,
  schemaId: string,
  { traits, ...input }: ReturnType<typeof newIdentityOf>,
): Promise<{ identity: Identity; schemaId: string }> {
  const { applications, identities } = call.deps;
  const { project } = call.caller;
  const actor = actorOf(call);
  const { id: applicationId, name } = await applicationBySchema(applications, { project, schemaId, actor });
  const identity = await identities.create(
    project,
    { ...input, traits: traitsOf(traits), applicationId },
    actor,
  );
  return { identity, schemaId: name };
}

/** Says of a conflict what Kratos says of one at a creation. */
export function atCreation(error: unknown): unknown {
  return error instanceof Failure && error.code === "conflict" ? conflictsAtCreation(error) : error;
}
