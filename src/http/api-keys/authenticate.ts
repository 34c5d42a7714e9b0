import type { FastifyRequest } from "fastify";
import { Failure } from "../../failure.ts";
import { Secret } from "../../secret.ts";
import type { Caller, KeyCheck } from "./key-check.ts";

/** Limits how often an address may present keys that are no good. */
export interface FailedAttempts {
  /** @throws Failure `too_many_requests` where the address has had its share. */
  assertAllowed(request: FastifyRequest): Promise<void>;
  count(request: FastifyRequest): Promise<void>;
}

/** No key at all: some APIs tell it from one that is no good. */
export class MissingKey extends Failure {
  constructor() {
    super("unauthenticated", "The request carries no API key.");
  }
}

const badKey = "The API key is not good.";

/**
 * Who makes the request, by its key in `Authorization: Bearer`, or `anchor-api-key`.
 * @throws Failure `unauthenticated`, `too_many_requests`
 */
export async function authenticate(
  request: FastifyRequest,
  { keyCheck, failedAttempts }: { keyCheck: KeyCheck; failedAttempts: FailedAttempts },
): Promise<Caller> {
  const key = presentedKey(request.headers);
  if (key === undefined) throw new MissingKey();
  // A key that was good lately is let through also from an address that others spoil.
  if (!keyCheck.knows(key)) await failedAttempts.assertAllowed(request);
  const caller = await keyCheck.check(key);
  if (caller !== undefined) return caller;
  await failedAttempts.count(request);
  throw new Failure("unauthenticated", badKey);
}

function presentedKey(headers: FastifyRequest["headers"]): Secret | undefined {
  // Without the scheme, too: clients that take an "API key" for the header send it as it is.
  const bearer = /^(?:Bearer +(?=\S)|(?=lk_))(?<key>\S+) *$/i.exec(headers.authorization ?? "")?.groups?.[
    "key"
  ];
  const named = headers["anchor-api-key"];
  const key = bearer ?? (typeof named === "string" && named !== "" ? named : undefined);
  return key === undefined ? undefined : new Secret(key);
}
