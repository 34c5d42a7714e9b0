import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import type { Failure } from "../failure.ts";
import { errorBody, errorSchema } from "./error-body.ts";

/**
 * An API as clients know it: how it refuses, and how strictly it reads. Latchkey's own is one; others speak what the
 * clients of another service expect. Routes name theirs (`inDialect`); authentication, limits and checks are the same
 * for all.
 */
export interface Dialect {
  readonly name: string;
  /** Whether a path that no route answers is one of its, so that it is refused in its words. */
  owns(path: string): boolean;
  /** A path before its routes' own, for clients that are given a base URL with one: passed over where it is found. */
  readonly prefix?: `/${string}`;
  /** Whether its paths may end in a slash that says nothing. */
  readonly hasIdleSlashes?: boolean;
  /** What a client calls its request, where the dialect has clients do so: it is told back with a refusal. */
  requestIdOf?(headers: IncomingHttpHeaders): string | undefined;
  /** Whether parameters of the query that a route does not know are passed over, where they are refused else. */
  readonly isLax: boolean;
  /** The shape of its refusals. */
  readonly errorSchema: z.ZodType;
  refusal(failure: Failure, requestId: string): Refusal;
}

export interface Refusal {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: unknown;
}

/** The API of Latchkey's own. */
export const latchkeyDialect: Dialect = {
  name: "latchkey",
  owns: () => true,
  isLax: false,
  errorSchema,
  refusal: (failure, requestId) => ({ status: failure.status, body: errorBody(failure, requestId) }),
};
