import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { isDataException } from "../database/data-exception.ts";
import { Failure, type FailureCode } from "../failure.ts";

/** What Fastify's own refusals mean, by their code. */
const refusals: Readonly<Record<string, [FailureCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported_media_type", "The body is of a type that is not taken here."],
  FST_ERR_CTP_BODY_TOO_LARGE: ["request_too_large", "The body is too large."],
  FST_ERR_CTP_INVALID_JSON_BODY: [
    "invalid_argument",
    "The body is not JSON, or holds names that JSON may not have here.",
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["invalid_argument", "The body is not as long as Content-Length says."],
  FST_ERR_BAD_URL: [
    "invalid_argument",
    "The path is not well-formed: a percent sign is followed by two hex digits.",
  ],
  FST_ERR_MAX_PARAM_LENGTH: ["not_found", "There is nothing at this path."],
};

/** Whatever was thrown while a request was answered, as a failure. Only faults of the server's own are 5xx. */
export function requestFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalidRequest(error);
  if (!(error instanceof Error)) return unexpected(error);

  const refusal = "code" in error ? refusals[String(error.code)] : undefined;
  if (refusal !== undefined) return new Failure(refusal[0], refusal[1], { cause: error });
  if ("statusCode" in error && typeof error.statusCode === "number" && isClientError(error.statusCode))
    return new Failure("invalid_argument", "The request is not well-formed.", { cause: error });
  // A value passed the schema, but no column can hold it.
  if (isDataException(error))
    return new Failure("invalid_argument", "A value cannot be stored.", { cause: error });
  return unexpected(error);
}

const isClientError = (status: number) => status >= 400 && status < 500;

function unexpected(cause: unknown): Failure {
  return new Failure("internal_error", "Something failed that Latchkey has no better word for.", { cause });
}

interface ValidationError {
  validation: readonly { instancePath: string; message?: string | undefined }[];
  validationContext?: string | undefined;
}

const places: Readonly<Record<string, string>> = { querystring: "query", params: "path", headers: "header" };

function invalidRequest({ validation, validationContext = "body" }: ValidationError): Failure {
  const place = places[validationContext] ?? validationContext;
  const details = validation.map(({ instancePath, message = "is not valid" }) => ({
    path: [place, ...instancePath.split("/").filter((part) => part !== "")].join("."),
    message,
  }));
  const faults = details.map(({ path, message }) => `${path}: ${message}`);
  return new Failure("invalid_argument", `The request is not valid: ${faults.join("; ")}.`, { details });
}
