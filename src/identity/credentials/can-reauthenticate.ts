import type { FailureCode } from "../../failure.ts";
import type { Identity, LastLogin } from "../types.ts";

/** Whether an identity can be signed in with nobody there, and why not. */
export type CanReauthenticate = { can: true; reason: null } | { can: false; reason: string };

/**
 * Says beforehand whether an identity whose saved state has lapsed can be signed in again unattended: from what is
 * stored alone, without trying.
 */
export function canReauthenticate({
  name,
  status,
  statusReason,
  credentials: held,
  lastLogin,
  providerIdentityId = null,
  loginName = null,
  state = "active",
}: Pick<Identity, "name" | "status" | "statusReason" | "credentials" | "lastLogin"> &
  Partial<Pick<Identity, "providerIdentityId" | "loginName" | "state">>): CanReauthenticate {
  if (state === "inactive") return no("It is inactive.");
  const credentials = held.filter(({ isKeptOnly }) => isKeptOnly !== true);
  const validate = `\`latchkey identities validate ${name}\``;
  if (status === "failed")
    return no(
      `The site refused its credentials (${statusReason ?? "failed"}): correct them, then ${validate}.`,
    );
  // Its provider signs it in, with what that has.
  if (providerIdentityId !== null) return { can: true, reason: null };
  const has = (type: string) => credentials.some((credential) => credential.type === type);
  const password = credentials.find(({ type }) => type === "username_password");
  if (
    held.some(({ type }) => type === "password_hash") &&
    !has("passkey") &&
    !has("mailbox") &&
    !has("custom")
  )
    return no("Of its password there is a hash only, which no site takes: store the password itself.");
  if (credentials.length === 0)
    return no(
      held.length === 0
        ? "It has no saved credentials."
        : "Its credentials are kept for another service: none of them signs it in here.",
    );
  if (password === undefined && loginName === null && !has("passkey") && !has("custom"))
    return no("It has neither a username nor a passkey to sign in with.");
  const isPasswordless = password === undefined ? !has("custom") : password.passwordless === true;
  if (isPasswordless && !has("passkey") && !has("mailbox"))
    return no("The site sends it a code or link, and it has no mailbox that Latchkey can read.");
  if (status === "pending") return no(`It was never signed in with its present credentials: ${validate}.`);
  return afterLogin(lastLogin, { gives: has("authenticator") || has("mailbox") || has("passkey"), validate });
}

/** What the last login showed that what is stored does not. */
function afterLogin(
  lastLogin: LastLogin | null,
  { gives, validate }: { gives: boolean; validate: string },
): CanReauthenticate {
  const code = lastLogin?.code ?? null;
  const lesson = code === null ? undefined : lessons[code];
  if (lesson !== undefined)
    return no(
      code === "captcha_required" ? `${lesson}: sign in by hand, ${validate} --headed.` : `${lesson}.`,
    );
  if (lastLogin?.handedIn === true && !gives)
    return no(
      "The last login waited for a code that somebody handed in, and it has no authenticator or mailbox.",
    );
  return { can: true, reason: null };
}

/** Failures that a login with nobody there would meet again. */
const lessons: Partial<Record<FailureCode, string>> = {
  captcha_required: "The site asked for proof of a human the last time",
  one_time_code_required:
    "The last login needed a one-time code that no authenticator or mailbox of its own gave",
  one_time_code_timeout:
    "The last login needed a one-time code that no authenticator or mailbox of its own gave",
  mailbox_unavailable: "Its mailbox could not be read the last time",
  login_unrecognised: "The last login met a page that no rule fitted",
  origin_not_allowed: "The last login led to a domain that it does not allow",
  credentials_missing: "The last login needed a credential that is not stored",
};

const no = (reason: string): CanReauthenticate => ({ can: false, reason });
