import assert from "node:assert/strict";
import Anchorbrowser from "anchorbrowser";
import type { PracticeSite, PracticeUser } from "../../../practice/site.ts";
import type { Check } from "../check.ts";

/** What a server answered, as it was on the wire. */
export interface Exchange {
  status: number;
  headers: Headers;
  text: string;
}

/** A server that speaks Anchor's API, seen through the official SDK. */
export interface AnchorGround {
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
  /** The SDK, with `key` unless another is given. */
  client(key?: string): Anchorbrowser;
  /** The last answer that any of the clients got. */
  last(): Exchange;
}

export type AnchorCheck = Check<AnchorGround>;

export function createGround(
  given: Pick<AnchorGround, "url" | "key" | "readKey" | "strangerKey" | "site" | "user" | "other">,
): AnchorGround {
  let last: Exchange | undefined;
  const listening: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const isText = !/^(?:image|video)\//.test(response.headers.get("content-type") ?? "");
    const text = isText ? await response.clone().text() : "";
    last = { status: response.status, headers: response.headers, text };
    return response;
  };
  return {
    ...given,
    client: (key = given.key) => new Anchorbrowser({ apiKey: key, baseURL: given.url, fetch: listening }),
    last() {
      assert(last !== undefined, "nothing was asked yet");
      return last;
    },
  };
}

/** Holds the last answer to its status, to JSON, and to exactly these fields. @returns its body */
export function expectAnswer(
  ground: AnchorGround,
  status: number,
  fields?: readonly string[],
): Record<string, unknown> {
  const answer = ground.last();
  assert.equal(answer.status, status, `status of: ${answer.text.slice(0, 300)}`);
  assert.match(answer.headers.get("content-type") ?? "none", /^application\/json\b/);
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  if (fields !== undefined) assert.deepEqual(Object.keys(body).toSorted(), fields.toSorted());
  return body;
}

/** The same for what is inside `data`. */
export function expectData(
  ground: AnchorGround,
  fields: readonly string[],
  status = 200,
): Record<string, unknown> {
  const { data } = expectAnswer(ground, status, ["data"]);
  assert(typeof data === "object" && data !== null);
  assert.deepEqual(Object.keys(data).toSorted(), fields.toSorted());
  return data as Record<string, unknown>;
}

interface ErrorClass {
  name: string;
  new (...args: never[]): Error;
}

/**
 * Holds a call to its refusal: the SDK's class, the status, and an envelope with the status as its code and a message.
 * @returns the message
 */
export async function expectRefusal(
  ground: AnchorGround,
  call: PromiseLike<unknown>,
  expected: { status: number; is: ErrorClass },
): Promise<string> {
  const error: unknown = await Promise.resolve(call).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof expected.is, `${String(error)} is not ${expected.is.name}`);
  const { error: inner } = expectAnswer(ground, expected.status, ["error"]);
  assert(typeof inner === "object" && inner !== null && "code" in inner && "message" in inner);
  assert.deepEqual(Object.keys(inner).toSorted(), ["code", "message"]);
  assert.equal(inner.code, expected.status);
  assert(typeof inner.message === "string" && inner.message.length > 5);
  return inner.message;
}

export const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
export const isTime = (text: unknown): boolean =>
  typeof text === "string" && new Date(text).toISOString() === text;
/** An id that nothing has. */
export const nowhere = "00000000-0000-4000-8000-000000000000";
