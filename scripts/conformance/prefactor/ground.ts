import assert from "node:assert/strict";
import type { PracticeSite, PracticeUser } from "../../../practice/site.ts";
import type { Check } from "../check.ts";

/** What a server answered. */
export interface Exchange {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface Asked {
  body?: unknown;
  /** As it is, where it is to be no JSON. */
  text?: string;
  headers?: Record<string, string>;
  /** Null sends none; the ground's own unless given. */
  key?: string | null;
}

/** A server that speaks Prefactor's API, as `fetch` sees it. */
export interface PrefactorGround {
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
  call(method: string, path: string, asked?: Asked): Promise<Exchange>;
}

export type PrefactorCheck = Check<PrefactorGround>;

export function createGround(given: Omit<PrefactorGround, "call">): PrefactorGround {
  return {
    ...given,
    async call(method, path, { body, text, headers = {}, key = given.key } = {}) {
      const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await fetch(`${given.url}${path}`, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(payload === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(payload === undefined ? {} : { body: payload }),
      });
      const answer = await response.text();
      assert.match(response.headers.get("content-type") ?? "none", /^application\/json\b/, answer);
      const parsed: unknown = JSON.parse(answer);
      assert(isObject(parsed), `no object: ${answer}`);
      return { status: response.status, headers: response.headers, body: parsed };
    },
  };
}

export const pfid = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;

export interface ShownFactor {
  identifier: boolean;
  name: string;
  nid: string;
  persistent: boolean;
  type: string;
  value?: string;
  vid: string;
}

/** An identity as it is shown in full. */
export interface Details {
  id: string;
  type: string;
  account_id: string;
  domain_id: string;
  pool_id: string;
  status: string;
  title: string;
  factors: ShownFactor[];
  metadata: Record<string, string>;
  claims: Record<string, string>;
  first_seen: unknown;
  last_seen: unknown;
}

const detailFields = [
  "id",
  "type",
  "account_id",
  "domain_id",
  "pool_id",
  "status",
  "title",
  "factors",
  "metadata",
  "claims",
  "first_seen",
  "last_seen",
];

/** Holds an answer to success and exactly these members beside `status`. @returns its body */
export function expectSuccess(
  { status, body }: Exchange,
  members: readonly string[],
): Record<string, unknown> {
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body["status"], "success");
  assert.deepEqual(Object.keys(body).toSorted(), ["status", ...members].toSorted());
  return body;
}

/** Holds an answer to success and to an identity in full. */
export function expectIdentity(answer: Exchange, members: readonly string[] = ["details"]): Details {
  const { details } = expectSuccess(answer, members);
  assert(isObject(details));
  assert.deepEqual(Object.keys(details).toSorted(), detailFields.toSorted());
  return details as unknown as Details;
}

/** Holds an answer to the envelope of errors: nothing beside status, code and message. @returns the message */
export function expectError({ status, body }: Exchange, expected: { status: number; code: string }): string {
  assert.deepEqual([status, body["code"]], [expected.status, expected.code], JSON.stringify(body));
  assert.deepEqual(Object.keys(body).toSorted(), ["code", "message", "status"]);
  assert.equal(body["status"], "error");
  assert(typeof body["message"] === "string" && body["message"].length > 5);
  return body["message"];
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
