import assert from "node:assert/strict";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type LoginRequest, type LoginResult, login } from "../../src/login/login.ts";
import { createCodeSource } from "../../src/login/one-time-code.ts";
import type { LoginCredentials } from "../../src/login/site.ts";
import type { Situation } from "../../src/login/situation.ts";
import { Secret } from "../../src/secret.ts";
import { silent } from "./chromium.ts";
import { ada, adasAuthenticator } from "./login-site.ts";

export interface Attempt extends AsyncDisposable {
  result: LoginResult;
  page: Page;
  context: BrowserContext;
  situations: Situation[];
  tookMs: number;
}

/** What the attempt is given; Ada's own unless said otherwise. */
export interface AttemptOptions extends Partial<LoginRequest> {
  browser: Browser;
  sourceUrl: string;
  username?: string;
  password?: string;
  /** Base32; null for an identity without an authenticator. */
  totpSecret?: string | null;
  custom?: Record<string, string>;
  /** Who is asked for what the site sends another way. */
  outOfBand?: LoginCredentials["outOfBand"] | undefined;
  has?: { password?: boolean; mailbox?: boolean };
}

/** One login in a fresh context. */
export async function attemptLogin({
  browser,
  sourceUrl,
  username = ada.username,
  password = ada.password,
  totpSecret = adasAuthenticator.secret,
  custom = {},
  outOfBand,
  has = {},
  ...request
}: AttemptOptions): Promise<Attempt> {
  const context = request.page?.context() ?? (await browser.newContext());
  const page = request.page ?? (await context.newPage());
  const situations: Situation[] = [];
  const startedAt = performance.now();
  const result = await login({
    page,
    sourceUrl,
    allowedDomains: [],
    credentials: credentialsOf({ username, password, totpSecret, custom, outOfBand, has }),
    signal: AbortSignal.timeout(60_000),
    log: silent,
    onSituation: ({ situation }) => situations.push(situation),
    ...request,
  });
  return {
    result,
    page,
    context,
    situations,
    tookMs: performance.now() - startedAt,
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}

function credentialsOf({
  username,
  password,
  totpSecret,
  custom = {},
  outOfBand,
  has = {},
}: Pick<AttemptOptions, "custom" | "outOfBand" | "has"> & {
  username: string;
  password: string;
  totpSecret: string | null;
}): LoginCredentials {
  let lastStep = -1;
  const codes = createCodeSource({
    authenticator: { ...adasAuthenticator, secret: new Secret(totpSecret ?? "") },
    steps: {
      last: async () => (lastStep < 0 ? null : lastStep),
      async claim(step) {
        if (step <= lastStep) return false;
        lastStep = step;
        return true;
      },
    },
    now: Date.now,
  });
  return {
    has: {
      username: true,
      password: true,
      oneTimeCode: totpSecret !== null,
      custom: Object.keys(custom),
      passkey: false,
      outOfBand: outOfBand !== undefined,
      mailbox: false,
      ...has,
    },
    username: async () => new Secret(username),
    password: async () => new Secret(password),
    custom: async (name) => new Secret(custom[name] ?? ""),
    oneTimeCode: codes,
    passkey: async () => assert.fail("there is no passkey"),
    passkeyUsed: async () => assert.fail("there is no passkey"),
    outOfBand: outOfBand ?? (async () => assert.fail("there is nobody to ask")),
  };
}
