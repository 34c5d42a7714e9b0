import { z } from "zod";
import type { Failure, FailureCode } from "../../failure.ts";
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
    const { code, retryable } = failure;
    const status = statuses[code] ?? failure.status;
    const message = messageOf(failure, status);
    return {
      status,
      // A client that is told to retry would do so for every one of these statuses.
      ...(isRetried(status) ? { headers: { "x-should-retry": String(retryable) } } : {}),
      body: { error: { code: status, message } },
    };
  },
};

/**
 * Where clients expect another status than Latchkey's own: 422 where the site would not have the identity, 503 where it
 * could not be asked.
 */
const statuses: Partial<Record<FailureCode, number>> = {
  identity_failed: 422,
  credentials_missing: 422,
  one_time_code_timeout: 422,
  account_locked: 422,
  origin_not_allowed: 422,
  session_lapsed: 422,
  site_unreachable: 503,
  site_error: 503,
  mailbox_unavailable: 503,
  deadline_exceeded: 503,
};

/** The beginning is what clients know a login that came to nothing by. */
function messageOf({ code, message }: Failure, status: number): string {
  // Of the server's own faults nothing is told: the log has the rest.
  if (code === "internal_error") return "The server could not do what was asked.";
  return status === 422 ? `Identity authentication failed: ${message}` : message;
}

const isRetried = (status: number) => status === 408 || status === 409 || status === 429 || status >= 500;
