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

/** A URL without the prefix of the dialect whose it is. */
export function withoutPrefix(url: string): string {
  for (const { prefix } of dialects) {
    if (prefix !== undefined && url.startsWith(`${prefix}/`)) return url.slice(prefix.length);
  }
  return url;
}
