import { z } from "zod";
import { settings } from "../../src/config.ts";
import { Secret } from "../../src/secret.ts";

/** A setting in the words of its documentation. */
export interface SettingDoc {
  env: string;
  doc: string;
  /** The default as it would be written in the environment; undefined where it is not a constant. */
  value: string | undefined;
  /** The default for people. */
  default: string;
  /** The values allowed, where they are few. */
  choices: string[];
  secret: boolean;
}

/** Every setting, in the table's order. */
export function describeSettings(): SettingDoc[] {
  return Object.values(settings).map(({ env, doc, schema, defaultDoc }) => {
    const parsed = schema.safeParse(undefined);
    const constant = defaultDoc === undefined && parsed.success ? parsed.data : undefined;
    const value = constant === undefined || typeof constant === "object" ? undefined : String(constant);
    return {
      env,
      doc,
      value,
      default: defaultDoc ?? (value === undefined ? "none" : `\`${value}\`${inUnits(env, Number(value))}`),
      choices: choicesOf(schema),
      secret: holdsSecret(schema),
    };
  });
}

/** 600000 → " (10 min)". */
function inUnits(env: string, value: number): string {
  if (!env.endsWith("_MS")) return "";
  return value % 60_000 === 0 ? ` (${value / 60_000} min)` : ` (${value / 1_000} s)`;
}

function choicesOf(schema: z.ZodType): string[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return (json.enum ?? []).map(String);
}

/** Asked of the schema itself, so that no list of secret names can be forgotten. */
function holdsSecret(schema: z.ZodType): boolean {
  const parsed = schema.safeParse("x");
  return parsed.success && [parsed.data].flat().some((value) => value instanceof Secret);
}
