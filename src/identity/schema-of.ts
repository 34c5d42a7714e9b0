import type { Application } from "./application-rows.ts";
import { compileTraitsSchema, type TraitsSchema } from "./traits/compile-schema.ts";
import { builtInSchema, type Factor, rulesetOfSchema, schemaOfRuleset } from "./traits/ruleset.ts";
import type { JsonObject } from "./types.ts";

type Shape = Pick<Application, "traitsSchema" | "ruleset">;

/** The JSON schema of an application's traits: its own, that of its ruleset, or the built-in one. */
export function schemaDocumentOf({ traitsSchema, ruleset }: Shape): JsonObject {
  return traitsSchema ?? (ruleset === null ? builtInSchema : schemaOfRuleset(ruleset));
}

/** The factors that an application's identities may have: its own, or those its schema amounts to. */
export function rulesetOf(application: Shape): Factor[] {
  return application.ruleset ?? rulesetOfSchema(schemaDocumentOf(application));
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
