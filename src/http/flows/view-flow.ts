import { z } from "zod";
import type { Flow } from "../../flow.ts";
import { flowSchemas } from "../../job/catalogue/flow-schemas.ts";

const jsonSchema = z
  .unknown()
  .meta({ description: "JSON Schema (draft 2020-12); null where the flow has none that can be written so." });

/** A flow as the API shows it. */
export const flowSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    input: jsonSchema,
    output: jsonSchema,
    deadlineMs: z.int().nullable(),
    restartable: z.boolean(),
  })
  .meta({ id: "Flow" });

export function viewFlow(name: string, flow: Flow): z.input<typeof flowSchema> {
  return {
    name,
    description: flow.description,
    ...flowSchemas(flow),
    deadlineMs: flow.deadlineMs ?? null,
    restartable: flow.restartable ?? false,
  };
}
