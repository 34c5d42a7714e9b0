import type { z } from "zod";
import type { Factor } from "../../identity/traits/ruleset.ts";
import type { CredentialType } from "../../identity/types.ts";
import type { shownFactorSchema } from "./factor-schemas.ts";
import type { Ids } from "./ids.ts";
import type { Known } from "./references.ts";

type TraitType = "email" | "username";

/** The credentials that a factor without a shown value is. */
const heldAs: Record<Exclude<Factor["type"], TraitType>, readonly CredentialType[]> = {
  password: ["username_password", "password_hash"],
  totp: ["authenticator"],
  magic_code: ["mailbox"],
  oidc: ["oidc"],
};

/** Whether a factor's value is a trait of its name: the others are credentials, which are never shown. */
export function isTrait(factor: Factor): factor is Factor & { type: TraitType } {
  return factor.type === "email" || factor.type === "username";
}

/** The credentials of an identity that a factor stands for; none where it has no such factor. */
export function credentialsOfFactor(known: Known, factor: Factor): CredentialType[] {
  if (known.isDeleted || isTrait(factor)) return [];
  const types = heldAs[factor.type as keyof typeof heldAs];
  return known.identity.credentials
    .filter(({ type, passwordless }) => types.includes(type) && passwordless !== true)
    .map(({ type }) => type);
}

/** The factors of the ruleset that an identity has, in the ruleset's order. */
export function showFactors({
  known,
  ruleset,
  applicationId,
  ids,
}: {
  known: Known;
  ruleset: readonly Factor[];
  applicationId: string;
  ids: Ids;
}): z.input<typeof shownFactorSchema>[] {
  const { id: identityId, traits } = known.identity;
  // There is one password, however many factors of the ruleset ask for one.
  const different = ruleset.filter(
    (factor, index) => isTrait(factor) || ruleset.findIndex(({ type }) => type === factor.type) === index,
  );
  return different.flatMap((factor) => {
    const { name, type, identifier, persistent } = factor;
    const shown = (version: string, value?: string) => ({
      identifier,
      name,
      nid: ids.factorNid(applicationId, name),
      persistent,
      type,
      ...(value === undefined ? {} : { value }),
      vid: ids.vid({ identityId, factorName: name, version }),
    });
    if (isTrait(factor)) {
      const value = Object.hasOwn(traits, name) ? traits[name] : undefined;
      return typeof value === "string" ? [shown(value, value)] : [];
    }
    const [held] = credentialsOfFactor(known, factor);
    if (held === undefined || known.isDeleted) return [];
    return [shown(known.identity.credentialTimes[held]?.updatedAt.toISOString() ?? "")];
  });
}
