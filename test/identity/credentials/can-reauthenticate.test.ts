import { describe, expect, test } from "vitest";
import { canReauthenticate } from "../../../src/identity/credentials/can-reauthenticate.ts";
import type { CredentialSummary, LastLogin } from "../../../src/identity/types.ts";

const password: CredentialSummary = { type: "username_password" };
const username: CredentialSummary = { type: "username_password", passwordless: true };
const authenticator: CredentialSummary = { type: "authenticator" };
const mailbox: CredentialSummary = { type: "mailbox", host: "imap.example.com" };
const passkey: CredentialSummary = { type: "passkey", rpId: "example.com" };
const login = (change: Partial<LastLogin>): LastLogin => ({
  at: "2026-11-01T00:00:00.000Z",
  code: null,
  handedIn: false,
  ...change,
});

function ask(
  credentials: CredentialSummary[],
  change: { status?: "pending" | "validated" | "failed"; lastLogin?: LastLogin } = {},
) {
  const { status = "validated", lastLogin = null } = change;
  const statusReason = status === "failed" ? "invalid_credentials" : null;
  return canReauthenticate({ name: "me", status, statusReason, credentials, lastLogin });
}

describe("an identity can be signed in unattended", () => {
  test.each([
    ["with a password", [password], undefined],
    ["with a password and an authenticator", [password, authenticator], login({})],
    ["with a passkey", [passkey], login({})],
    ["with a username and a mailbox", [username, mailbox], login({})],
    ["with a mailbox now, though a code was handed in", [password, mailbox], login({ handedIn: true })],
    ["after a site that did not answer", [password], login({ code: "site_unreachable" })],
  ])("%s", (_name, credentials, lastLogin) => {
    expect(ask(credentials, lastLogin === undefined ? {} : { lastLogin })).toEqual({
      can: true,
      reason: null,
    });
  });
});

describe("an identity cannot be signed in unattended", () => {
  test.each([
    ["no saved credentials", [], {}],
    ["refused its credentials (invalid_credentials)", [password], { status: "failed" as const }],
    ["never signed in", [password], { status: "pending" as const }],
    ["no mailbox that Latchkey can read", [username], {}],
    ["neither a username nor a passkey", [authenticator], {}],
    ["proof of a human", [password], { lastLogin: login({ code: "captcha_required" }) }],
    [
      "no authenticator or mailbox of its own",
      [password],
      { lastLogin: login({ code: "one_time_code_required" }) },
    ],
    [
      "no authenticator or mailbox of its own",
      [password],
      { lastLogin: login({ code: "one_time_code_timeout" }) },
    ],
    ["somebody handed in", [password], { lastLogin: login({ handedIn: true }) }],
    ["no rule fitted", [password], { lastLogin: login({ code: "login_unrecognised" }) }],
    ["mailbox could not be read", [username, mailbox], { lastLogin: login({ code: "mailbox_unavailable" }) }],
  ])("%s", (words, credentials, change) => {
    expect(ask(credentials, change)).toMatchObject({ can: false, reason: expect.stringContaining(words) });
  });
});
