import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Configuration, type CreateIdentityBody, IdentityApi } from "@ory/kratos-client";
import type { PracticeSite, PracticeUser } from "../../../practice/site.ts";
import type { Check } from "../check.ts";

/** What a server answered. */
export interface Exchange {
  status: number;
  headers: Headers;
  /** Undefined where there is none. */
  body: unknown;
}

export interface Asked {
  body?: unknown;
  /** As it is, where it is to be no JSON. */
  text?: string;
  /** Null sends none; the ground's own unless given. */
  key?: string | null;
}

/** A server that speaks Kratos's API, seen through its official client. */
export interface KratosGround {
  url: string;
  /** Of scope admin. */
  key: string;
  /** Of scope read, where there is one. */
  readKey?: string;
  /** Of another project, where there is one. */
  strangerKey?: string;
  /** A site to sign in to, and somebody who may; a code lasts as long as `user` says. */
  site: PracticeSite;
  user: PracticeUser;
  /** Somebody else of the site, who needs no code. */
  other: PracticeUser;
  /** The client, with `key` unless another is given. */
  api(key?: string): IdentityApi;
  /** A request past the client. */
  call(method: string, path: string, asked?: Asked): Promise<Exchange>;
}

export type KratosCheck = Check<KratosGround>;

export function createGround(given: Omit<KratosGround, "api" | "call">): KratosGround {
  return {
    ...given,
    api: (key = given.key) =>
      new IdentityApi(
        new Configuration({
          basePath: given.url,
          // The client itself sends a key with `/admin` only; here `/schemas` is somebody's too.
          baseOptions: { headers: { authorization: `Bearer ${key}` } },
        }),
      ),
    async call(method, path, { body, text, key = given.key } = {}) {
      const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await fetch(`${given.url}${path}`, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(payload === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(payload === undefined ? {} : { body: payload }),
      });
      const answer = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: answer === "" ? undefined : JSON.parse(answer),
      };
    },
  };
}

export const generic = "The request was malformed or contained invalid parameters";
export const unlocated = "Unable to locate the resource";
export const taken = "Unable to insert or update resource because a resource with that value exists already";

const statuses: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
};

export interface Refusal {
  status: number;
  message?: string | RegExp;
  /** Null where there is to be none. */
  reason?: string | RegExp | null;
}

/** Holds a call of the client to its refusal: status, envelope, and words. */
export async function expectRefusal(call: PromiseLike<unknown>, expected: Refusal): Promise<void> {
  const thrown: unknown = await Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert(
    typeof thrown === "object" && thrown !== null && "response" in thrown,
    `was not refused: ${String(thrown)}`,
  );
  const { status, data } = thrown.response as { status: number; data: unknown };
  expectEnvelope({ status, body: data }, expected);
}

/** Holds an answer to the envelope of a refusal. */
export function expectEnvelope(answer: Pick<Exchange, "status" | "body">, expected: Refusal): void {
  const text = JSON.stringify(answer.body);
  assert.equal(answer.status, expected.status, text);
  const { error } = answer.body as { error: Record<string, unknown> };
  assert.equal(error["code"], expected.status, text);
  assert.equal(error["status"], statuses[expected.status], text);
  assert(typeof error["message"] === "string" && error["message"] !== "", text);
  const known = ["code", "status", "request", "reason", "message"];
  assert(
    Object.keys(error).every((name) => known.includes(name)),
    text,
  );
  for (const name of ["message", "reason"] as const) {
    const words = expected[name];
    if (words === null) assert.equal(error[name], undefined, text);
    else if (typeof words === "string") assert.equal(error[name], words);
    else if (words !== undefined) assert.match(String(error[name]), words);
  }
}

export const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** RFC 3339. */
export const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
/** An id that nothing has. */
export const nowhere = "00000000-0000-4000-8000-000000000000";
/** An address of its own at each use: the server may have kept those of the last run. */
export const freshEmail = (): string => `ory-${randomUUID()}@example.org`;

/** An identity of the schema that the published page uses. */
export async function makeIdentity(ground: KratosGround, more: Partial<CreateIdentityBody> = {}) {
  const email = freshEmail();
  const { data } = await ground.api().createIdentity({
    createIdentityBody: { schema_id: "preset://email", traits: { email }, ...more },
  });
  return { ...data, email };
}
