import { z } from "zod";
import type { LoginDecision } from "../../src/outcome.ts";
import type { Application } from "./applications.ts";
import type { Ground } from "./ground.ts";

/** What is given in place of the application's own. */
export interface Credentials {
  password?: string;
  /** Null for none. */
  totp?: string | null;
}

export function credentialsOf(app: Application, { password, totp }: Credentials = {}) {
  const secret = totp === undefined ? app.totpSecret : totp;
  return {
    username: app.username,
    password: password ?? app.password,
    ...(secret === null ? {} : { totp: secret }),
  };
}

const counts = z.object({ password: z.number(), code: z.number() });
const decisions = z.array(z.custom<LoginDecision>());

const loginResult = z.object({
  outcome: z.enum(["succeeded", "failed"]),
  code: z.string().nullable(),
  siteMessage: z.string().nullable(),
  submits: counts,
  decisions,
});

/** `latchkey login <loginUrl>`: nothing is stored. */
export async function tryLogin(ground: Ground, app: Application, given: Credentials = {}) {
  const json = await ground.latchkey(["login", app.loginUrl, "--credentials-stdin"], {
    stdin: credentialsOf(app, given),
  });
  return loginResult.parse(json);
}
