import type { FastifyRequest } from "fastify";
import { anchorDialect } from "./anchor/dialect.ts";
import { type Dialect, latchkeyDialect } from "./dialect.ts";
import { kratosDialect } from "./kratos/dialect.ts";
import { prefactorDialect } from "./prefactor/dialect.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Of the route; Latchkey's own where there is none. */
    dialect?: Dialect;
  }
}

/** Those that are asked for a path that no route answers, in turn; Latchkey's own owns what is left. */
const dialects: readonly Dialect[] = [anchorDialect, kratosDialect, prefactorDialect, latchkeyDialect];

/** The dialect a request is to be refused in: its route's, or the path's where there is no route. */
export function dialectOf(request: FastifyRequest): Dialect {
  const { dialect } = request.routeOptions?.config ?? {};
  const [path = ""] = (request.originalUrl ?? request.url).split("?");
  return dialect ?? dialects.find(({ owns }) => owns(path)) ?? latchkeyDialect;
}

/** A URL as routes know it: without the prefix of the dialect whose it is, nor a slash at its end that says nothing. */
export function routedUrl(url: string): string {
  for (const { prefix, owns, hasIdleSlashes = false } of dialects) {
    const hasPrefix = prefix !== undefined && url.startsWith(`${prefix}/`);
    if (!hasPrefix && !(hasIdleSlashes && owns(url))) continue;
    const own = hasPrefix ? url.slice(prefix.length) : url;
    return hasIdleSlashes ? own.replace(/^(\/[^?]*[^?/])\/(?=\?|$)/, "$1") : own;
  }
  return url;
}
