import { z } from "zod";
import { type Failure, type FailureCode, failures } from "../failure.ts";

const codes = Object.keys(failures) as [FailureCode, ...FailureCode[]];

/** The one shape of every refusal. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.enum(codes).meta({ description: "From the closed list of docs/failures.md: switch on this." }),
      message: z.string().meta({ description: "For people; may change." }),
      advice: z.string().meta({ description: "What to do about it." }),
      retryable: z.boolean().meta({ description: "Whether the same request, unchanged, may succeed later." }),
      status: z.int().meta({ description: "The HTTP status." }),
      details: z
        .array(z.object({ path: z.string(), message: z.string() }))
        .optional()
        .meta({ description: "What is wrong with each field, by its path: `body.input.month`." }),
      requestId: z.string().meta({ description: "Names the request in the server's log." }),
    }),
  })
  .meta({ id: "Error" });

export type ErrorBody = z.output<typeof errorSchema>;

/** A failure as a caller sees it. Of faults of the server's own it says nothing but the code: the log has the rest. */
export function errorBody(failure: Failure, requestId: string): ErrorBody {
  const { code, advice, retryable, status, details } = failure;
  return {
    error: {
      code,
      message:
        status >= 500
          ? "The server could not do what was asked; nothing of it is known to be done."
          : failure.message,
      advice,
      retryable,
      status,
      ...(details === undefined ? {} : { details: [...details] }),
      requestId,
    },
  };
}
