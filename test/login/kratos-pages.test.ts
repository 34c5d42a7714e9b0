import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FailureCode } from "../../src/failure.ts";
import { launchChromium } from "../support/chromium.ts";
import { type KratosOptions, kratosRoutes } from "../support/kratos-site.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, startLoginSite } from "../support/login-site.ts";
import { explain } from "../support/page-shapes.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

interface Case {
  name: string;
  options: Omit<KratosOptions, "theme">;
  /** The failure it comes to; signed in when there is none. */
  code?: FailureCode;
  siteMessage?: string;
  password?: string;
  username?: string;
  totpSecret?: string | null;
  submits?: { password?: number; code?: number; username?: number };
}

const everySecondFactor: KratosOptions["second"] = ["code", "webauthn", "totp", "lookup_secret"];
const wrongSecret = "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK";

const cases: Case[] = [
  { name: "user name and password on one page", options: {} },
  {
    name: "an e-mailed code, a social login and a passkey before the password",
    options: { beside: ["oidc", "passkey", "code"] },
  },
  { name: "the identifier first", options: { identifierFirst: true }, submits: { username: 1 } },
  { name: "an authenticator's code", options: { second: ["totp"] }, submits: { code: 1 } },
  {
    name: "the identifier first, then a choice of every second factor",
    options: { identifierFirst: true, second: everySecondFactor },
    submits: { username: 1, code: 1 },
  },
  {
    name: "an authenticator's code beside a backup code",
    options: { second: ["lookup_secret", "totp"] },
    submits: { code: 1 },
  },
  { name: "a flow that expired before anything was typed", options: { expires: "before" } },
  {
    name: "a wrong password (4000006)",
    options: { beside: ["oidc", "code"], second: ["totp"] },
    password: "wrong",
    code: "invalid_credentials",
    siteMessage:
      "The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.",
  },
  {
    name: "a wrong password after the identifier",
    options: { identifierFirst: true },
    password: "wrong",
    code: "invalid_credentials",
    submits: { username: 1 },
  },
  {
    name: "an unknown account (4000037)",
    options: { identifierFirst: true },
    username: "nobody@example.test",
    code: "invalid_credentials",
    siteMessage: "This account does not exist or has no login method configured.",
    submits: { password: 0, username: 1 },
  },
  {
    name: "a wrong code, and a wrong fresh one (4000008)",
    options: { second: everySecondFactor },
    totpSecret: wrongSecret,
    code: "invalid_one_time_code",
    siteMessage: "The provided authentication code is invalid, please try again.",
    submits: { code: 2 },
  },
  {
    name: "a flow that expired at the submit (4010001)",
    options: { expires: "at_submit" },
    code: "site_error",
  },
  {
    name: "an address that is not verified (4000010)",
    options: { refuse: 4000010 },
    code: "account_unusable",
  },
  {
    name: "a disabled identity (4010011)",
    options: { refuse: 4010011 },
    code: "account_unusable",
    siteMessage: "This account was disabled.",
  },
  { name: "a CSRF token that does not fit", options: { csrfBroken: true }, code: "site_error" },
  {
    name: "a second factor and no authenticator",
    options: { second: everySecondFactor },
    totpSecret: null,
    code: "one_time_code_required",
  },
];

for (const theme of ["markup", "react"] as const) {
  describe.concurrent(`on the pages of an Ory Kratos site in its ${theme} theme`, () => {
    test.each(cases)("$name", async ({ options, code, siteMessage, submits = {}, ...given }) => {
      await using site = await startLoginSite(kratosRoutes({ theme, ...options }));
      await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home`, ...given });
      const { result } = attempt;
      const failed = result.status === "failed" ? result : undefined;
      expect(
        {
          came: failed?.failure.code ?? result.status,
          said: siteMessage === undefined ? undefined : failed?.siteMessage,
        },
        explain(result, site).steps.join("\n"),
      ).toEqual({ came: code ?? "signed_in", said: siteMessage });
      expect(site.submits).toEqual({ password: 1, code: 0, username: 0, other: 0, ...submits });
    });
  });
}

test("a login that met an expired flow succeeds when it is tried again", async () => {
  await using site = await startLoginSite(kratosRoutes({ theme: "markup", expires: "at_submit" }));
  await using first = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
  expect(first.result).toMatchObject({ status: "failed", failure: { retryable: true } });
  await using second = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
  expect(second.result.status).toBe("signed_in");
  expect(site.passwords).toEqual([ada.password]);
});
