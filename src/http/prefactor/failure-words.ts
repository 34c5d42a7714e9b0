import { Failure, type FailureCode, type FailureOptions } from "../../failure.ts";

/** The closed list of Prefactor's error codes. */
export const prefactorCodes = [
  "bad_request",
  "bad_authtoken",
  "not_authenticated",
  "not_permitted",
  "not_implemented",
  "unknown",
  "not_found",
  "unexpected_ref_type",
  "unexpected",
  "invalid_action",
  "invalid_value",
  "required_value",
] as const;
export type PrefactorCode = (typeof prefactorCodes)[number];

/** A value that does not do, with Prefactor's narrower word for why. */
export class RefusedValue extends Failure {
  readonly word: "invalid_value" | "required_value" | "unexpected_ref_type";

  constructor(word: RefusedValue["word"], message: string, options: FailureOptions = {}) {
    super("invalid_argument", message, options);
    this.word = word;
  }
}

/** What schemas of this dialect say of a value that is not there: it is told apart by it. */
export const required = "is required";

/** For a schema: what is wrong with a value that is of another type, or is not there. */
export const expected =
  (what: string) =>
  ({ input }: { input?: unknown }): string =>
    input === undefined ? required : `is not ${what}`;

/** Where the status alone does not say it. */
const words: Partial<Record<FailureCode, PrefactorCode>> = {
  unauthenticated: "bad_authtoken",
  forbidden: "not_permitted",
  not_implemented: "not_implemented",
};

/** Prefactor's code for a failure. */
export function wordOf(failure: Failure): PrefactorCode {
  if (failure instanceof RefusedValue) return failure.word;
  const known = words[failure.code];
  if (known !== undefined) return known;
  const { status, details: [first] = [] } = failure;
  // A body or query that is none, or has unknown fields, is a bad request; what is wrong at a place within is a value.
  if (status === 400 && first !== undefined && !/^(?:body|query)$/.test(first.path))
    return first.message === required ? "required_value" : "invalid_value";
  return wordsOfStatus[status] ?? (status < 500 ? "bad_request" : "unexpected");
}

const wordsOfStatus: Readonly<Record<number, PrefactorCode>> = {
  403: "not_permitted",
  404: "not_found",
  409: "invalid_action",
  410: "invalid_action",
  422: "invalid_value",
  423: "invalid_action",
  429: "not_permitted",
};
