import type { FastifyInstance } from "fastify";
import { Failure } from "../failure.ts";

/** What the system says of an address that cannot be listened on. */
const faults: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use: stop what uses it, or set LATCHKEY_PORT",
  EACCES: "may not be listened on by this user: set LATCHKEY_PORT to one from 1024",
  EADDRNOTAVAIL: "is not one of this machine's: set LATCHKEY_HOST",
  ENOTFOUND: "is not one of this machine's: set LATCHKEY_HOST",
};

/** Starts listening. @returns where the server answers. @throws Failure `invalid_config` */
export async function listen(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
  portSetting = "LATCHKEY_PORT",
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const fault = faults[code];
    if (fault === undefined) throw error;
    throw new Failure(
      "invalid_config",
      `The address ${host}:${port} ${fault.replace("LATCHKEY_PORT", portSetting)}.`,
      { cause: error },
    );
  }
}
