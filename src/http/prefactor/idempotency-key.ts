import { z } from "zod";
import { idempotencyHeaders } from "../idempotency.ts";
import { expected } from "./failure-words.ts";

/** The header that names a request to create an identity. */
export const creationHeaders = z.looseObject({
  "idempotency-key": idempotencyHeaders.shape["idempotency-key"].meta({
    description:
      "Your own name for this request. The same key with the same body is the identity the first request made, for 24 hours; with another body it is refused.",
  }),
});

/** The same name, where it stands in the body. */
export const idempotencyKeySchema = z
  .string({ error: expected("text") })
  .regex(/^[\x20-\x7e]{1,64}$/, "is not 1 to 64 printable ASCII characters")
  .nullish()
  .meta({ description: "As the header Idempotency-Key." });
