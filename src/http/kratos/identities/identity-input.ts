import type { z } from "zod";
import type { IdentityPatch, NewIdentity } from "../../../identity/identity-input.ts";
import { isJsonObject } from "../../../identity/traits/json.ts";
import type { JsonObject } from "../../../identity/types.ts";
import { kindOf } from "../decode.ts";
import { badRequest } from "../refusal.ts";
import type { createBody, updateBody } from "./body.ts";

type CreateBody = z.output<typeof createBody>;
type UpdateBody = z.output<typeof updateBody>;
type Addresses = NonNullable<NewIdentity["addresses"]>;

/** What both POST and PUT say of an identity but for its traits, in the words of the core. @throws KratosRefusal 400 */
export function identityFields(body: CreateBody | UpdateBody) {
  assertSupported(body);
  return {
    metadata: metadataOf("metadata_public", body.metadata_public),
    metadataAdmin: metadataOf("metadata_admin", body.metadata_admin),
    externalId: body.external_id === "" ? null : body.external_id,
    ...(body.state === "" ? {} : { state: stateOf(body.state) }),
  } satisfies IdentityPatch;
}

/** What a client knows of the addresses that the traits yield. */
export function addressesOf(
  body: Pick<CreateBody, "verifiable_addresses" | "recovery_addresses">,
): Addresses {
  return [
    ...body.verifiable_addresses.map((address) => ({
      purpose: "verification" as const,
      via: viaOf(address.via),
      value: address.value.toLowerCase(),
      verified: address.verified,
      ...(address.status === "" ? {} : { status: statusOf(address.status) }),
      ...(address.verified_at == null ? {} : { verifiedAt: new Date(address.verified_at) }),
    })),
    ...body.recovery_addresses.map((address) => ({
      purpose: "recovery" as const,
      via: viaOf(address.via),
      value: address.value.toLowerCase(),
    })),
  ];
}

const states: readonly string[] = ["active", "inactive"];
/** @throws KratosRefusal 400 */
function stateOf(state: string): "active" | "inactive" {
  if (!states.includes(state)) throw badRequest("identity state is not valid");
  return state as "active" | "inactive";
}

const statuses: readonly string[] = ["pending", "sent", "completed"];
function statusOf(status: string): "pending" | "sent" | "completed" {
  if (!statuses.includes(status)) throw badRequest("The status of an address is pending, sent or completed.");
  return status as "pending" | "sent" | "completed";
}

function viaOf(via: string): "email" | "sms" {
  if (via !== "" && via !== "email" && via !== "sms")
    throw badRequest("An address is reached via email or sms.");
  return via === "sms" ? "sms" : "email";
}

/** @throws KratosRefusal 400 */
export function traitsOf(traits: unknown): JsonObject {
  if (traits === undefined) return {};
  if (isJsonObject(traits)) return traits;
  throw badRequest(`I[#/traits] S[#/properties/traits/type] expected object, but got ${kindOf(traits)}`);
}

/** @throws KratosRefusal 400 */
export function metadataOf(name: string, value: unknown): JsonObject | null {
  if (value === undefined || value === null) return null;
  if (isJsonObject(value)) return value;
  throw badRequest(`${name} has to be a JSON object here, and not ${kindOf(value)}.`);
}

function assertSupported(body: { region: string; organization_id?: string }): void {
  if (body.region !== "") throw badRequest("This server has no regions: leave `region` out.");
  if ((body.organization_id ?? "") !== "")
    throw badRequest("This server has no organizations: leave `organization_id` out.");
}
