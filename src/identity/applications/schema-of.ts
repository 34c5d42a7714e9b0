import { Failure } from "../../failure.ts";
import { compileTraitsSchema, type TraitsSchema } from "../traits/compile-schema.ts";
import { builtInSchema, type Factor, rulesetOfSchema, schemaOfRuleset } from "../traits/ruleset.ts";
import type { JsonObject } from "../types.ts";
import type { Application } from "./application-rows.ts";

type Shape = Pick<Application, "traitsSchema" | "ruleset">;

/** The JSON schema of an application's traits: its own, that of its ruleset, or the built-in one. */
export function schemaDocumentOf({ traitsSchema, ruleset }: Shape): JsonObject {
  return traitsSchema ?? (ruleset === null ? builtInSchema : schemaOfRuleset(ruleset));
}

/** The factors that an application's identities may have: its own, or those its schema amounts to. */
export function rulesetOf(application: Shape): Factor[] {
  return application.ruleset ?? rulesetOfSchema(schemaDocumentOf(application));
}

/**
 * Refuses a ruleset that says of a trait what the schema beside it does not: it would promise that no two identities
 * have the same, and nothing would see to it.
 * @throws Failure `invalid_argument`
 */
export function assertConsistent({ traitsSchema, ruleset }: Shape): void {
  if (traitsSchema === null || ruleset === null) return;
  const described = rulesetOfSchema(traitsSchema);
  const faults = ruleset
    .filter(({ type, identifier }) => identifier && (type === "email" || type === "username"))
    .filter(
      ({ name, type }) => !described.some((one) => one.name === name && one.type === type && one.identifier),
    )
    .map(
      ({ name, type }) =>
        `ruleset: its factor "${name}" identifies, as ${type === "email" ? "an e-mail address" : "a username"}, and the schema's trait of that name does not: mark it with credentials.password.identifier${type === "email" ? ' and "format": "email"' : ""}`,
    );
  if (faults.length > 0)
    throw new Failure("invalid_argument", `The application is not usable.\n  ${faults.join("\n  ")}`);
}

/** Compiled schemas, the last used ones kept: compiling takes longer than a query. */
export interface TraitsSchemas {
  /** @throws Failure `invalid_argument` where the schema cannot be used */
  of(application: Shape): TraitsSchema;
}

const mostKept = 100;

export function createTraitsSchemas(): TraitsSchemas {
  const kept = new Map<string, TraitsSchema>();
  return {
    of(application) {
      const document = schemaDocumentOf(application);
      const key = JSON.stringify(document);
      const schema = kept.get(key) ?? compileTraitsSchema(document);
      // Put in anew: a Map keeps the order, and the first is the one that was not used for longest.
      kept.delete(key);
      kept.set(key, schema);
      const [oldest] = kept.keys();
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
      return schema;
    },
  };
}
