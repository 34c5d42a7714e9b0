import { Failure } from "../../failure.ts";
import type { Application } from "../applications/application-rows.ts";
import type { TraitsSchemas } from "../applications/schema-of.ts";
import type { AddressPurpose, Identifier, JsonObject } from "../types.ts";
import { isIndexable, mostIdentifierBytes } from "./indexable.ts";

/** What traits amount to under the schema of their application. */
export interface ReadTraits {
  traits: JsonObject;
  /** What is typed as the username; null where no trait is one. */
  loginName: string | null;
  /** Each once. */
  identifiers: Identifier[];
  /** Each once. */
  addresses: { purpose: AddressPurpose; via: "email" | "sms"; value: string }[];
}

/** @throws Failure `invalid_traits` with every fault */
export function readTraits(
  schemas: TraitsSchemas,
  application: Pick<Application, "traitsSchema" | "ruleset">,
  traits: JsonObject,
): ReadTraits {
  const schema = schemas.of(application);
  const faults = schema.faultsOf(traits);
  if (faults !== null) throw new Failure("invalid_traits", faults.reason, { details: faults.faults });
  const { identifiers, addresses, loginName } = schema.extract(traits);
  assertIndexable([...identifiers, ...addresses], traits);
  return {
    traits,
    loginName,
    identifiers: onlyOnce(identifiers.map(({ kind, value }) => ({ kind, value }))),
    addresses: onlyOnce(addresses),
  };
}

function onlyOnce<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** @throws Failure `invalid_traits` */
function assertIndexable(found: readonly { value: string; raw?: string }[], traits: JsonObject): void {
  const tooLong = found.find(({ value }) => !isIndexable(value));
  if (tooLong === undefined) return;
  const { raw = tooLong.value } = tooLong;
  const [name] = Object.entries(traits).find(([, trait]) => trait === raw) ?? [];
  const path = name === undefined ? "traits" : `traits.${name}`;
  const message = `is longer than ${mostIdentifierBytes} bytes, which nobody can be found by`;
  throw new Failure("invalid_traits", `${path} ${message}`, { details: [{ path, message }] });
}
