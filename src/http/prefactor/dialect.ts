import { z } from "zod";
import type { Failure } from "../../failure.ts";
import { MissingKey } from "../api-keys/authenticate.ts";
import type { Dialect } from "../dialect.ts";
import { type PrefactorCode, prefactorCodes, wordOf } from "./failure-words.ts";

/** What Prefactor's API answers with an error: docs/prefactor.md. */
const prefactorErrorSchema = z
  .object({
    status: z.literal("error"),
    code: z.enum(prefactorCodes),
    message: z.string().meta({ description: "For people; may change." }),
  })
  .meta({ id: "PrefactorError" });

/** The API of Prefactor's pools and factors. */
export const prefactorDialect: Dialect = {
  name: "prefactor",
  owns: (path) => /^\/api\/v1(?:\/|$)/.test(path),
  isLax: false,
  errorSchema: prefactorErrorSchema,
  refusal(failure) {
    const code = failure instanceof MissingKey ? "not_authenticated" : wordOf(failure);
    return {
      status: statuses[code] ?? failure.status,
      body: {
        status: "error",
        code,
        message: messageOf(failure),
      } satisfies z.input<typeof prefactorErrorSchema>,
    };
  },
};

/** Where it is not the failure's own: a request that came to nothing keeps 405, 413, 429 and their like. */
const statuses: Partial<Record<PrefactorCode, number>> = {
  invalid_value: 422,
  required_value: 422,
  unexpected_ref_type: 422,
  invalid_action: 409,
};

function messageOf({ code, message, details = [] }: Failure): string {
  // Of the server's own faults nothing is told: the log has the rest.
  if (code === "internal_error") return "The server could not do what was asked.";
  if (code !== "invalid_argument" || details.length === 0) return message;
  // These clients know fields, not the parts of a request they stand in.
  return details.map(({ path, message: fault }) => `${path.replace(place, "")}: ${fault}`).join("; ");
}

const place = /^(?:body|query|path|header)\.(?=.)/;
