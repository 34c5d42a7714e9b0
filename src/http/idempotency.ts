import { createHash } from "node:crypto";
import { z } from "zod";
import type { Idempotency } from "../job/record/insert-runs.ts";

/**
 * The header of draft-ietf-httpapi-idempotency-key-header: a structured-field string. Most clients leave out its quotes,
 * and are understood.
 */
export const idempotencyHeaders = z.looseObject({
  "idempotency-key": z
    .string()
    .regex(
      /^(?:"[\x20-\x21\x23-\x7e]{1,255}"|[\x21\x23-\x7e]{1,255})$/,
      "is not 1 to 255 printable ASCII characters",
    )
    .transform((text) => text.replace(/^"(?<inner>.*)"$/, "$<inner>"))
    .optional()
    .meta({
      description:
        "Your own name for this request. The same key with the same request is the run the first one made, for 24 hours; with another request it is refused.",
    }),
});

/** What makes a request the same as an earlier one: its key, and what it asks for, however its JSON is ordered. */
export function idempotencyOf(
  headers: z.output<typeof idempotencyHeaders>,
  asked: unknown,
): { idempotency?: Idempotency } {
  const key = headers["idempotency-key"];
  if (key === undefined) return {};
  const fingerprint = createHash("sha256").update(JSON.stringify(asked, sortKeys)).digest("hex");
  return { idempotency: { key, fingerprint } };
}

/** For `JSON.stringify`: objects with their keys in order. */
export function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
