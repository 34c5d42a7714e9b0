import { z } from "zod";
import type { Dialect } from "../dialect.ts";

const prefix = "/anchor";
/** What the API has, but for the path of Latchkey's own among it. */
const own =
  /^(?!\/v1\/identities\/[^/]+\/health$)\/(?:anchor|v1\/(?:identities|applications|sessions|profiles|events|task|tools|extensions|batch-sessions|webhooks)|v2\/tasks)(?:\/|$)/;

/** What Anchor Browser's API answers with an error: docs/anchor.md. */
const anchorErrorSchema = z
  .object({
    error: z.object({
      code: z.int().meta({ description: "The HTTP status." }),
      message: z.string().meta({ description: "For people; may change." }),
    }),
  })
  .meta({ id: "AnchorError" });

/** The API of Anchor Browser, as its npm SDK 0.16.3 speaks it. */
export const anchorDialect: Dialect = {
  name: "anchor",
  prefix,
  owns: (path) => own.test(path),
  isLax: true,
  errorSchema: anchorErrorSchema,
  refusal(failure) {
    const { status, code, retryable } = failure;
    // Of the server's own faults nothing is told: the log has the rest.
    const message = code === "internal_error" ? "The server could not do what was asked." : failure.message;
    return {
      status,
      // A client that is told to retry would do so for every one of these statuses.
      ...(isRetried(status) ? { headers: { "x-should-retry": String(retryable) } } : {}),
      body: { error: { code: status, message } },
    };
  },
};

const isRetried = (status: number) => status === 408 || status === 409 || status === 429 || status >= 500;
