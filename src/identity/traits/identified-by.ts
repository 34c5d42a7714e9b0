import type { Marked } from "./extract.ts";
import { normaliseIdentifier } from "./normalise.ts";

/** What an identity's traits are good for. */
export interface Extracted {
  /** By what it is found, per kind of credential: normalised, and as it stands in the traits. */
  identifiers: { kind: "password" | "webauthn" | "code"; value: string; raw: string }[];
  /** Where it can be reached, normalised. */
  addresses: { purpose: "verification" | "recovery"; via: "email" | "sms"; value: string }[];
  /** What is typed as its username: the first trait marked as a password's identifier, else a code's, else a passkey's. */
  loginName: string | null;
}

/** Sorts marked values by what they are for; nothing empty, and nothing twice. */
export function identifiedBy(marked: readonly Marked[]): Extracted {
  const identifiers = marked.flatMap(identifiersOf).filter(({ value }) => value !== "");
  const addresses = marked.flatMap(addressesOf).filter(({ value }) => value !== "");
  return {
    identifiers: unique(identifiers, ({ kind, value }) => `${kind} ${value}`),
    addresses: unique(addresses, ({ purpose, via, value }) => `${purpose} ${via} ${value}`),
    loginName: loginNameOf(identifiers),
  };
}

function identifiersOf({ value, extension }: Marked): Extracted["identifiers"] {
  const raw = String(value);
  const { password, webauthn, code } = extension.credentials ?? {};
  const of = (
    kind: "password" | "webauthn" | "code",
    via?: "email" | "sms",
  ): Extracted["identifiers"][number] => ({
    kind,
    value: normaliseIdentifier(raw, via),
    raw,
  });
  return [
    ...(password?.identifier === true ? [of("password")] : []),
    ...(webauthn?.identifier === true ? [of("webauthn")] : []),
    ...(code?.identifier === true ? [of("code", code.via)] : []),
  ];
}

function addressesOf({ value, extension }: Marked): Extracted["addresses"] {
  return (["verification", "recovery"] as const).flatMap((purpose) => {
    const via = extension[purpose]?.via;
    return via === undefined || typeof value === "number"
      ? []
      : [{ purpose, via, value: normaliseIdentifier(value, via) }];
  });
}

function loginNameOf(identifiers: Extracted["identifiers"]): string | null {
  const byKind = Map.groupBy(identifiers, ({ kind }) => kind);
  return (byKind.get("password") ?? byKind.get("code") ?? byKind.get("webauthn"))?.[0]?.raw ?? null;
}

function unique<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...new Map(items.toReversed().map((item) => [keyOf(item), item])).values()].toReversed();
}
