import { STATUS_CODES } from "node:http";
import { z } from "zod";
import type { Dialect } from "../dialect.ts";
import { wordsOf } from "./refusal.ts";

/** What Kratos listens to for administration, and what the paths below it are without. */
const prefix = "/admin";
const own = /^(?:\/admin(?:\/|$)|\/(?:identities|schemas|recovery|sessions)(?:\/|$))/;

/** The envelope of ory/herodot, which Kratos answers every refusal in: docs/kratos.md. */
const kratosErrorSchema = z
  .object({
    error: z.object({
      code: z.int().meta({ description: "The HTTP status." }),
      status: z.string().meta({ description: "Its name." }),
      request: z.string().meta({
        description: "Names the request in the server's log; your own `X-Request-ID` where you sent one.",
      }),
      reason: z.string().optional().meta({ description: "What exactly is wrong." }),
      message: z.string(),
    }),
  })
  .meta({ id: "KratosError" });

/** The identity administration of Ory Kratos, as its npm client 26.2.0 speaks it. */
export const kratosDialect: Dialect = {
  name: "kratos",
  prefix,
  owns: (path) => own.test(path),
  isLax: true,
  // Kratos redirects from there.
  hasIdleSlashes: true,
  requestIdOf: ({ "x-request-id": id }) =>
    typeof id === "string" && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined,
  errorSchema: kratosErrorSchema,
  refusal(failure, requestId) {
    const { message, reason } = wordsOf(failure);
    const code = failure.status;
    return {
      status: code,
      body: {
        error: {
          code,
          status: STATUS_CODES[code] ?? "",
          request: requestId,
          ...(reason === undefined ? {} : { reason }),
          message,
        },
      },
    };
  },
};
