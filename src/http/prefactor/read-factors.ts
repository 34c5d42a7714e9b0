import { parseAuthenticator } from "../../identity/credentials/authenticator.ts";
import type { Factor } from "../../identity/traits/ruleset.ts";
import type { CredentialType, JsonObject, NewCredential } from "../../identity/types.ts";
import { Secret } from "../../secret.ts";
import type { GivenFactor } from "./factor-schemas.ts";
import { RefusedValue, required } from "./failure-words.ts";
import type { Ids } from "./ids.ts";
import type { Known } from "./references.ts";
import { credentialsOfFactor, isTrait } from "./show-factors.ts";

/** What a list of factors amounts to: traits as a whole, and changes of credentials. */
export interface ReadFactors {
  traits: JsonObject;
  credentials: NewCredential[];
  removeCredentials: CredentialType[];
}

export interface FactorsInput {
  given: readonly GivenFactor[];
  ruleset: readonly Factor[];
  applicationId: string;
  ids: Ids;
  /** Whose factors these replace; none for a new identity's. */
  before?: Extract<Known, { isDeleted: false }> | undefined;
}

/**
 * Reads the factors an identity is to have, all of them. One that is named without a value stays as it is; a factor that
 * is not named goes, but for those that this API cannot give: what it cannot give it does not take away.
 * @throws RefusedValue naming the first factor that does not do
 */
export function readFactors({ given, ruleset, applicationId, ids, before }: FactorsInput): ReadFactors {
  const named = given.map((factor, index) => {
    const found = factorOf(factor, { index, ruleset, nidOf: (name) => ids.factorNid(applicationId, name) });
    return { factor: found, value: factor.value ?? undefined, place: `factors.${index}` };
  });
  const traits = traitsWithout(before?.identity.traits ?? {}, ruleset);
  const credentials: NewCredential[] = [];
  const taken = new Set<string>();
  for (const { factor, value, place } of named) {
    const key = isTrait(factor) ? `trait ${factor.name}` : factor.type;
    if (taken.has(key))
      throw refused(place, `is the second factor of ${isTrait(factor) ? "this name" : "this type"}`);
    taken.add(key);
    if (value !== undefined) store({ traits, credentials }, factor, value, `${place}.value`);
    else keep({ traits, before }, factor, `${place}.value`);
  }
  const removeCredentials =
    before === undefined
      ? []
      : ruleset
          .filter(({ type }) => (type === "password" || type === "totp") && !taken.has(type))
          .flatMap((factor) => credentialsOfFactor(before, factor));
  const read = { traits, credentials, removeCredentials };
  assertIdentified(read, { ruleset, before });
  return read;
}

function factorOf(
  { name, nid, type }: GivenFactor,
  { index, ruleset, nidOf }: { index: number; ruleset: readonly Factor[]; nidOf: (name: string) => string },
): Factor {
  const place = `factors.${index}`;
  if (name == null && nid == null) throw new RefusedValue("required_value", `${place}.name: ${required}`);
  const factor =
    name == null ? ruleset.find((one) => nidOf(one.name) === nid) : ruleset.find((one) => one.name === name);
  if (factor === undefined)
    throw refused(
      `${place}.${name == null ? "nid" : "name"}`,
      `is not of the pool's ruleset, which has ${ruleset.map((one) => one.name).join(", ") || "no factors"}`,
    );
  if (nid != null && nidOf(factor.name) !== nid)
    throw refused(`${place}.nid`, `is not that of the pool's factor ${factor.name}`);
  if (type != null && type !== factor.type)
    throw refused(
      `${place}.type`,
      `is not the type of the pool's factor ${factor.name}, which is ${factor.type}`,
    );
  return factor;
}

function store(
  { traits, credentials }: Pick<ReadFactors, "traits" | "credentials">,
  factor: Factor,
  value: string,
  place: string,
): void {
  switch (factor.type) {
    case "email":
    case "username":
      traits[factor.name] = value;
      return;
    case "password":
      credentials.push({ type: "username_password", password: new Secret(value) });
      return;
    case "totp": {
      const parsed = parseAuthenticator({ secret: value });
      if (!parsed.ok) throw refused(place, parsed.fault);
      credentials.push({ type: "authenticator", secret: new Secret(value) });
      return;
    }
    case "magic_code":
    case "oidc":
      throw refused(place, notGiven[factor.type]);
  }
}

const notGiven = {
  magic_code: "is not given: codes go to the email factor, and are read there by a mailbox credential",
  oidc: "is not given: a login by way of another site is that site's credentials here",
};

function keep(
  { traits, before }: Pick<ReadFactors, "traits"> & Pick<FactorsInput, "before">,
  factor: Factor,
  place: string,
): void {
  if (before !== undefined && isTrait(factor) && Object.hasOwn(before.identity.traits, factor.name)) {
    traits[factor.name] = before.identity.traits[factor.name];
    return;
  }
  if (before !== undefined && credentialsOfFactor(before, factor).length > 0) return;
  if (factor.type === "magic_code" || factor.type === "oidc") throw refused(place, notGiven[factor.type]);
  throw new RefusedValue("required_value", `${place}: ${required}`);
}

/** A password is typed with the text of an identifying factor: without one it would sign nobody in. */
function assertIdentified(
  { traits, credentials, removeCredentials }: ReadFactors,
  { ruleset, before }: Pick<FactorsInput, "ruleset" | "before">,
): void {
  const isIdentified = ruleset.some((factor) => factor.identifier && typeof traits[factor.name] === "string");
  if (isIdentified) return;
  const hasNew = credentials.some(({ type }) => type === "username_password");
  // Made through another API, it may have a username of its own, which stays with it.
  const losesName =
    before !== undefined &&
    before.identity.loginName !== null &&
    before.identity.credentials.some(({ type }) => type === "username_password") &&
    !removeCredentials.includes("username_password");
  if (!hasNew && !losesName) return;
  const names = ruleset.filter((factor) => factor.identifier).map(({ name }) => name);
  throw new RefusedValue(
    "required_value",
    `factors: a password needs a factor that says whose it is: ${names.join(" or ") || "the pool's ruleset has none"}.`,
  );
}

/** Traits that are no factors of the ruleset stay whatever the factors are. */
function traitsWithout(traits: JsonObject, ruleset: readonly Factor[]): JsonObject {
  const names = new Set(ruleset.filter(isTrait).map(({ name }) => name));
  return Object.fromEntries(Object.entries(traits).filter(([name]) => !names.has(name)));
}

const refused = (place: string, fault: string) => new RefusedValue("invalid_value", `${place}: ${fault}.`);
