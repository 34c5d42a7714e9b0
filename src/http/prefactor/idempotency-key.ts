import { z } from "zod";
import { expected } from "./failure-words.ts";

/** A client's own name for a request, where it stands in the body. */
export const idempotencyKeySchema = z
  .string({ error: expected("text") })
  .regex(/^[\x20-\x7e]{1,64}$/, "is not 1 to 64 printable ASCII characters")
  .nullish()
  .meta({ description: "As the header Idempotency-Key." });
