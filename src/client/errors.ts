import type { FailureCode } from "../failure.ts";

/** What the service says of a request it refuses; docs/failures.md has a section per code. */
export interface ErrorBody {
  code: FailureCode;
  message: string;
  advice: string;
  retryable: boolean;
  requestId?: string;
  details?: readonly { path: string; message: string }[];
}

/** The service refused a request, or could not be reached. Compare `code`, not `message`. */
export class LatchkeyError extends Error {
  override readonly name = "LatchkeyError";
  /** Of docs/failures.md; `unreachable` when no answer came, `unexpected_answer` when it was not the service's. */
  readonly code: FailureCode | "unreachable" | "unexpected_answer";
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly advice: string;
  /** Whether doing the same again may succeed. */
  readonly retryable: boolean;
  readonly requestId: string | undefined;
  /** How long the service asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The faulty fields, where the request did not fit. */
  readonly details: readonly { path: string; message: string }[];

  constructor(
    status: number,
    body: Omit<ErrorBody, "code"> & { code: LatchkeyError["code"] },
    { retryAfterMs, ...options }: ErrorOptions & { retryAfterMs?: number | undefined } = {},
  ) {
    super(body.message, options);
    this.retryAfterMs = retryAfterMs;
    this.status = status;
    this.code = body.code;
    this.advice = body.advice;
    this.retryable = body.retryable;
    this.requestId = body.requestId;
    this.details = body.details ?? [];
  }
}

/** The error of an answer that is none of 2xx. */
export async function errorOf(response: Response): Promise<LatchkeyError> {
  const { status } = response;
  const retryAfterMs = retryAfter(response.headers.get("retry-after"));
  const body: unknown = await response.json().catch(() => undefined);
  const error = isRecord(body) ? body["error"] : undefined;
  if (isRecord(error) && typeof error["code"] === "string" && typeof error["message"] === "string") {
    return new LatchkeyError(status, error as unknown as ErrorBody, { retryAfterMs });
  }
  return new LatchkeyError(
    status,
    {
      code: "unexpected_answer",
      message: `The answer, ${status}, is not one of Latchkey's.`,
      advice: "Check the client's url: a proxy, or another program, answered in Latchkey's place.",
      retryable: status === 429 || status >= 500,
    },
    { retryAfterMs },
  );
}

/** `Retry-After` in milliseconds (RFC 9110 §10.2.3): seconds, or a date. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
