/**
 * Every way a run, a login or a command can fail. The list is closed: `docs/failures.md` has one section per code,
 * and a test holds the two together.
 *
 * - `retryable`: whether doing the same thing again, unchanged, may succeed. Only these spend another attempt.
 * - `status`: the HTTP status an API answers with.
 * - `advice`: what the person reading it should do, in one line.
 */
export const failures = {
  // The job itself
  invalid_job: {
    retryable: false,
    status: 400,
    advice: "Correct the job's data as the message says; the schema is in docs/jobs.md.",
  },
  unknown_flow: {
    retryable: false,
    status: 404,
    advice: "List the flows this worker knows with `latchkey flows`.",
  },
  invalid_input: {
    retryable: false,
    status: 400,
    advice: "Correct the input; `latchkey flows` prints each flow's input schema.",
  },
  invalid_output: {
    retryable: false,
    status: 500,
    advice: "The flow returned something its output schema, or JSON, does not allow: correct the flow.",
  },
  invalid_argument: { retryable: false, status: 400, advice: "Correct the argument as the message says." },
  invalid_traits: {
    retryable: false,
    status: 400,
    advice: "Correct the traits as the message says, or the schema of the application.",
  },
  not_found: {
    retryable: false,
    status: 404,
    advice: "Check the id; what belongs to another project is not found.",
  },
  conflict: {
    retryable: false,
    status: 409,
    advice: "Something of that name or id exists already, or changed meanwhile: read it again.",
  },

  // Who to be
  unknown_identity: {
    retryable: false,
    status: 404,
    advice: "List identities with `latchkey identities list`.",
  },
  identity_failed: {
    retryable: false,
    status: 409,
    advice:
      "The site refused this identity's credentials before: correct them with `latchkey identities update`, then `latchkey identities validate`.",
  },
  no_site: {
    retryable: false,
    status: 409,
    advice: "Give the identity's application a URL, or the identity one of its own.",
  },
  identity_inactive: { retryable: false, status: 409, advice: "Set the identity's state to active." },
  identity_busy: {
    retryable: true,
    status: 409,
    advice: "Another run holds this identity; wait, or raise the site's sessionsPerIdentity.",
  },
  credentials_missing: {
    retryable: false,
    status: 409,
    advice: "Store the credential the message names with `latchkey identities update`.",
  },
  key_unavailable: {
    retryable: false,
    status: 500,
    advice:
      "The record is sealed under a master key this process does not have: set LATCHKEY_MASTER_KEY (and LATCHKEY_PREVIOUS_MASTER_KEYS during a rotation).",
  },

  // The browser
  browser_unavailable: {
    retryable: true,
    status: 503,
    advice: "No Chromium could be started: run `latchkey doctor`.",
  },
  browser_crashed: {
    retryable: true,
    status: 503,
    advice: "The browser died under the run; it was replaced. If it repeats, look at memory and /dev/shm.",
  },
  provider_unavailable: {
    retryable: true,
    status: 503,
    advice: "The browser provider did not answer: check its URL and status.",
  },
  provider_refused: {
    retryable: false,
    status: 502,
    advice: "The browser provider refused the request: check its key, and what the account may do.",
  },
  provider_quota: {
    retryable: false,
    status: 502,
    advice:
      "The browser provider's limit is reached: look at the credits and limits of the account there, then submit the run again.",
  },
  site_unreachable: {
    retryable: true,
    status: 502,
    advice: "The site did not answer: check the URL, DNS and the identity's proxy.",
  },
  site_error: { retryable: true, status: 502, advice: "The site answered with a server error: try later." },

  // Signing in
  needs_attention: {
    retryable: false,
    status: 409,
    advice: "A person has to sign this identity in again at the browser provider; then submit the run again.",
  },
  invalid_credentials: {
    retryable: false,
    status: 422,
    advice:
      "The site refused the username or password: correct them, then validate the identity. Nothing was tried twice.",
  },
  invalid_one_time_code: {
    retryable: false,
    status: 422,
    advice:
      "The site refused the one-time code: check the TOTP secret, its algorithm, digits and period, and this machine's clock.",
  },
  one_time_code_required: {
    retryable: false,
    status: 422,
    advice:
      "The site asks for a one-time code: store an authenticator credential, or hand a code in while the run waits.",
  },
  one_time_code_timeout: {
    retryable: false,
    status: 408,
    advice: "No code was handed in while the run waited: submit it again and hand the code in sooner.",
  },
  mailbox_unavailable: {
    retryable: false,
    status: 502,
    advice:
      "The identity's mailbox could not be read, as the message says: correct it with `latchkey identities update`, or hand the code in.",
  },
  account_locked: {
    retryable: false,
    status: 423,
    advice: "The site has locked this account: unlock it there before anything else is tried.",
  },
  account_unusable: {
    retryable: false,
    status: 422,
    advice: "The site says this account is disabled or not verified: sort it out there.",
  },
  password_change_required: {
    retryable: false,
    status: 422,
    advice: "The site demands a new password: change it there, then update the identity.",
  },
  captcha_required: {
    retryable: false,
    status: 422,
    advice:
      "The site asks for proof of a human: sign in by hand once (headed), or through a provider that the site trusts.",
  },
  rate_limited: { retryable: true, status: 429, advice: "The site limits logins: wait as long as it says." },
  login_unrecognised: {
    retryable: false,
    status: 422,
    advice:
      "No rule fitted the page: look at the screenshot and decisions, then write a flows/<site>/site.ts.",
  },
  origin_not_allowed: {
    retryable: false,
    status: 403,
    advice:
      "The login led to a domain this identity does not allow: add it to the allowed domains if it is the site's own.",
  },
  session_lapsed: {
    retryable: false,
    status: 409,
    advice:
      "The site ended the session while the flow ran; mark the flow `restartable` if it is safe to start over.",
  },
  session_ended: {
    retryable: false,
    status: 410,
    advice: "Create another session; its time limits are asked for when it is created.",
  },

  // The flow
  flow_failed: {
    retryable: false,
    status: 500,
    advice: "The flow threw: the evidence names the step and the page.",
  },
  flow_timed_out: {
    retryable: false,
    status: 504,
    advice:
      "The flow waited for something the page did not show: the evidence names the step and the page. Retried only if the flow is `restartable`.",
  },

  // The run
  cancelled: { retryable: false, status: 409, advice: "The run was cancelled on request." },
  deadline_exceeded: {
    retryable: false,
    status: 504,
    advice:
      "The run took longer than its deadline: raise deadlineMs, or look at the stages to see what was slow.",
  },
  worker_stopping: {
    retryable: true,
    status: 503,
    advice: "The worker shut down during the run; the queue hands it to another.",
  },
  worker_lost: {
    retryable: true,
    status: 503,
    advice: "The worker died, or could not renew its hold on the run: look at its log and machine.",
  },
  lease_lost: {
    retryable: true,
    status: 503,
    advice:
      "The worker lost its hold on the identity and stopped: look at its clock and its connection to Postgres.",
  },
  artifact_failed: {
    retryable: true,
    status: 507,
    advice: "A file could not be stored: check free space and permissions of the artifact store.",
  },

  // The HTTP interface
  unauthenticated: {
    retryable: false,
    status: 401,
    advice: "Send an API key as `Authorization: Bearer lk_…`; `latchkey keys add` makes one.",
  },
  forbidden: {
    retryable: false,
    status: 403,
    advice: "Use a key of the scope the message names; `latchkey keys add --scope` makes one.",
  },
  method_not_allowed: {
    retryable: false,
    status: 405,
    advice: "Use a method that the `Allow` header names; /docs lists every route.",
  },
  unsupported_media_type: {
    retryable: false,
    status: 415,
    advice: "Send the body as JSON, with `Content-Type: application/json`.",
  },
  request_too_large: {
    retryable: false,
    status: 413,
    advice: "Send less at once: files belong where a flow can fetch them, not into its input.",
  },
  wait_timed_out: {
    retryable: true,
    status: 408,
    advice: "Nothing was signalled while the request waited: wait again, or longer.",
  },
  not_implemented: {
    retryable: false,
    status: 501,
    advice: "This server does not offer it: docs/anchor.md and docs/prefactor.md list what is served.",
  },
  too_many_requests: {
    retryable: true,
    status: 429,
    advice: "Wait as many seconds as `Retry-After` says; LATCHKEY_REQUESTS_PER_MINUTE sets the limit.",
  },

  // The installation
  invalid_config: {
    retryable: false,
    status: 500,
    advice: "Correct the settings the message lists; docs/settings.md describes each.",
  },
  database_unavailable: {
    retryable: true,
    status: 503,
    advice: "Postgres did not answer: check DATABASE_URL, or run `latchkey doctor`.",
  },
  queue_unavailable: {
    retryable: true,
    status: 503,
    advice: "The queue did not answer: check REDIS_URL, or run `latchkey doctor`.",
  },
  internal_error: {
    retryable: true,
    status: 500,
    advice:
      "A fault of Latchkey's own: the log has the stack under the id of this run or request; please report it.",
  },
} as const satisfies Record<string, { retryable: boolean; status: number; advice: string }>;

export type FailureCode = keyof typeof failures;

export interface FailureOptions {
  /** The error it came from. Logged with its stack; never shown to a caller, never stored in the queue. */
  cause?: unknown;
  /** Overrides the table, for a flow that knows better (`flow_failed`), or a site that names a wait. */
  retryable?: boolean;
  /** How long to wait before a retry makes sense, in milliseconds. */
  retryAfterMs?: number;
  /** What is wrong with each part of the data that was refused; never a value. */
  details?: readonly FailureDetail[];
}

/** One fault of data that was refused. */
export interface FailureDetail {
  /** Where: the names on the way to it, joined by dots; empty for the whole. */
  path: string;
  message: string;
}

/**
 * An error with a code from the closed list. `message` is our own text — never a page's, never a caught error's —
 * because it is stored in the queue and shown to callers. Compare `code`, not `message`.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: readonly FailureDetail[] | undefined;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? failures[code].retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }

  /** What the reader should do about it, in one line. */
  get advice(): string {
    return failures[this.code].advice;
  }

  /** The HTTP status an API answers with. */
  get status(): number {
    return failures[this.code].status;
  }
}

/** Turns whatever was thrown into a Failure, once, at an edge; the original stays in `cause`. */
export function toFailure(
  error: unknown,
  fallback: FailureCode = "internal_error",
  message = "Something failed that Latchkey has no better word for.",
): Failure {
  return error instanceof Failure ? error : new Failure(fallback, message, { cause: error });
}
