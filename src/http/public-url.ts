import type { FastifyRequest } from "fastify";
import type { Config } from "../config.ts";

/** The address of `path` as clients reach it: by the setting, or as this request came. */
export function publicUrl(
  path: string,
  { request, config }: { request: FastifyRequest; config: Pick<Config, "publicUrl"> },
): URL {
  return new URL(path, config.publicUrl ?? `${request.protocol}://${request.host}`);
}
