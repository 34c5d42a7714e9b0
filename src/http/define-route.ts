import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import type { FailureCode } from "../failure.ts";
import type { Caller } from "./api-keys/key-check.ts";
import type { Scope } from "./api-keys/scopes.ts";
import type { HttpDeps } from "./deps.ts";
import type { Dialect } from "./dialect.ts";

/**
 * Who may call a route: a key of at least this scope, or, with `read or link`, whoever has a link that the handler
 * finds signed.
 */
export type Access = Scope | "read or link";

/** An answer that is no JSON. */
export interface StreamResponse {
  kind: "stream";
  contentType: string;
  description: string;
}

type ResponseSchema = z.ZodType | StreamResponse;
type ResponseBody<S> = S extends z.ZodType ? z.input<S> : Readable;

/** What a handler answers: one of the responses the route declares. */
export type Answer<R extends Readonly<Record<number, ResponseSchema>>> = {
  [Status in Extract<keyof R, number>]: {
    status: Status;
    headers?: Readonly<Record<string, string>>;
    body: ResponseBody<R[Status]>;
  };
}[Extract<keyof R, number>];

/** One request, checked. */
export interface Call<Params, Query, Headers, Body, Who extends Access> {
  deps: HttpDeps;
  params: Params;
  query: Query;
  headers: Headers;
  body: Body;
  /** Who calls; undefined only for `read or link`, where a link was given in place of a key. */
  caller: Who extends Scope ? Caller : Caller | undefined;
  /** Aborted when the client has gone or the server stops. */
  signal: AbortSignal;
  /** For what is not above. */
  request: FastifyRequest;
}

/** What a route is, apart from what it does. */
interface RouteFacts {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With parameters as `:id`. */
  url: `/${string}`;
  /** Latchkey's own unless given. */
  dialect?: Dialect;
  access: Access;
  /** The group it stands in on /docs. */
  tag: string;
  /** One line. */
  summary: string;
  description?: string;
  params?: z.ZodType;
  query?: z.ZodType;
  /** Of the headers it reads; others pass. */
  headers?: z.ZodType;
  /** Without one, a body is not looked at. */
  body?: z.ZodType;
  /** The largest body it takes, in bytes; a mebibyte unless given. */
  mostBodyBytes?: number;
  /** It takes one file as `multipart/form-data`, of so many bytes at most; the handler reads it from the request. */
  mostFileBytes?: number;
  responses: Readonly<Record<number, ResponseSchema>>;
  /** What it can be refused with, beside what any route can. */
  failures?: readonly FailureCode[];
}

/** A route as the server knows it: what it takes was checked against its schemas. */
export interface Route extends RouteFacts {
  handler(
    call: Call<unknown, unknown, unknown, unknown, Access>,
  ): Promise<{ status: number; headers?: Readonly<Record<string, string>>; body: unknown }>;
}

/** A route as it is written: its handler sees what its own schemas give. */
interface RouteDefinition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Headers extends z.ZodType,
  Body extends z.ZodType,
  Responses extends Readonly<Record<number, ResponseSchema>>,
  Who extends Access,
> extends RouteFacts {
  access: Who;
  params?: Params;
  query?: Query;
  headers?: Headers;
  body?: Body;
  responses: Responses;
  handler(
    call: Call<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>, Who>,
  ): Promise<Answer<Responses>>;
}

/**
 * A route as one value: who may call it, what it takes, what it answers, what it does. Add it to the table in
 * `routes.ts`; authentication, limits, checks, errors and the API's description follow from it.
 */
export function defineRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Headers extends z.ZodType,
  Body extends z.ZodType,
  const Responses extends Readonly<Record<number, ResponseSchema>>,
  const Who extends Access,
>(route: RouteDefinition<Params, Query, Headers, Body, Responses, Who>): Route {
  return route;
}

/** Gives a table of routes their dialect. */
export function inDialect(dialect: Dialect, routes: readonly Route[]): Route[] {
  return routes.map((route) => ({ ...route, dialect }));
}

/** Declares an answer that is streamed, as `contentType`. */
export function stream(contentType: string, description: string): StreamResponse {
  return { kind: "stream", contentType, description };
}
