import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import type { Flow } from "../../flow.ts";

/** A flow's schemas as JSON Schema (draft 2020-12); null where it has none, or none that can be written so. */
export interface FlowSchemas {
  input: unknown;
  output: unknown;
}

export function flowSchemas(flow: Flow): FlowSchemas {
  return { input: jsonSchema(flow.input, "input"), output: jsonSchema(flow.output, "output") };
}

/** Standard JSON Schema (https://standardschema.dev/json-schema) where the library speaks it; zod's own otherwise. */
function jsonSchema(schema: StandardSchemaV1 | undefined, io: "input" | "output"): unknown {
  if (schema === undefined) return null;
  const standard = schema["~standard"] as Partial<StandardJSONSchemaV1["~standard"]>;
  try {
    if (standard.jsonSchema !== undefined) return standard.jsonSchema[io]({ target: "draft-2020-12" });
    return schema instanceof z.ZodType ? z.toJSONSchema(schema, { io }) : null;
  } catch {
    // A transform, say, has no JSON Schema; the flow still checks its input.
    return null;
  }
}
