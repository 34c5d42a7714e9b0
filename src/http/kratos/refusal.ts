import { Failure, type FailureCode, type FailureOptions } from "../../failure.ts";

/** What Kratos calls a request that it will not take, where there is a `reason` that says more. */
const malformed = "The request was malformed or contained invalid parameters";
const unlocated = "Unable to locate the resource";
const notThere = "The requested resource could not be found";
const taken = "Unable to insert or update resource because a resource with that value exists already";
const inConflict = "The resource could not be created due to a conflict";

interface Words {
  message: string;
  /** Left out of the answer where there is none. */
  reason?: string | undefined;
}

/** A refusal in Kratos's own words: clients of Kratos compare its `message` and its `reason`. */
export class KratosRefusal extends Failure {
  readonly words: Words;

  constructor(code: FailureCode, words: Words, options: FailureOptions = {}) {
    super(code, words.reason ?? words.message, options);
    this.words = words;
  }
}

/** 400 with a reason. */
export const badRequest = (reason: string): KratosRefusal =>
  new KratosRefusal("invalid_argument", { message: malformed, reason });

/** 400 in the words of what decodes bodies. */
export const undecodable = (message: string): KratosRefusal =>
  new KratosRefusal("invalid_argument", { message });

/** 400 for a body that there is none of. */
export const emptyBody = (): KratosRefusal =>
  badRequest('Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.');

/** 404 for an identity that is not there, whatever its id looks like. */
export const noIdentity = (reason?: string): KratosRefusal =>
  new KratosRefusal("unknown_identity", { message: unlocated, reason });

/** 404 for anything else. */
export const noResource = (reason: string): KratosRefusal =>
  new KratosRefusal("not_found", { message: notThere, reason });

/** 409 where an identity is made, as against changed: Kratos tells the two apart. */
export const conflictsAtCreation = (cause: unknown): KratosRefusal =>
  new KratosRefusal(
    "conflict",
    { message: inConflict, reason: "This identity conflicts with another identity that already exists." },
    { cause },
  );

/** 409 where a request was made before under the same name, and was another. */
export const repeatedOtherwise = (reason: string, cause: unknown): KratosRefusal =>
  new KratosRefusal("conflict", { message: inConflict, reason }, { cause });

/** 409 for what a client read before somebody else changed it. */
export const outdated = (reason: string): KratosRefusal =>
  new KratosRefusal("conflict", { message: inConflict, reason });

/** What a failure of the layers below is to clients of Kratos. */
export function wordsOf(failure: Failure): Words {
  if (failure instanceof KratosRefusal) return failure.words;
  const { code, status, message } = failure;
  if (code === "unknown_identity") return { message: unlocated };
  if (code === "conflict") return { message: taken };
  if (code === "invalid_argument") return decoderWords(failure) ?? { message: malformed, reason: message };
  // Of the server's own faults nothing is told: the log has the rest.
  if (status >= 500 && code !== "not_implemented") return { message: unavailable[status] ?? broken };
  const known = messages[status];
  return known === undefined ? { message } : { message: known, reason: message };
}

const broken = "An internal server error occurred, please contact the system administrator";
const unavailable: Readonly<Record<number, string>> = {
  503: "The service is unavailable for now, please try again later",
};
const messages: Readonly<Record<number, string>> = {
  400: malformed,
  401: "The request could not be authorized",
  403: "The requested action was forbidden",
  404: notThere,
  405: "The requested method is not allowed at this path",
  409: inConflict,
  413: "The request is too large",
  415: "The request is using an unknown content type",
  429: "Rate limit exceeded",
  501: "The requested functionality is not implemented",
};

/** What a schema of `decode.ts` found, with the field's name where there is one. */
function decoderWords({ details = [] }: Failure): Words | undefined {
  const found = details.find(({ message }) => message.startsWith("json: "));
  if (found === undefined) return undefined;
  const field = found.path.replace(/^body\.?/, "");
  return {
    message:
      field === "" ? found.message : found.message.replace(" Go value ", ` Go struct field .${field} `),
  };
}
