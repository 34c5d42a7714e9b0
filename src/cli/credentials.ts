import type { Command } from "commander";
import { Failure } from "../failure.ts";
import type { RevealedPasskey } from "../identity/types.ts";
import { Secret } from "../secret.ts";
import type { CliContext } from "./context.ts";
import { type GivenMailbox, mailboxOf } from "./mailbox-credential.ts";
import {
  type PasskeyOptions,
  passkeyFrom,
  readPasskeyFile,
  withPasskeyOption,
} from "./passkey-credential.ts";
import { readSecret, readSecretsFromStdin } from "./secrets.ts";

export interface CredentialOptions extends PasskeyOptions {
  username?: string;
  passwordEnv?: string;
  /** False where the site asks for none. */
  password?: boolean;
  totp?: boolean;
  totpEnv?: string;
  credentialsStdin?: boolean;
}

/** Credentials as a command was given them. */
export interface GivenCredentials {
  username?: Secret;
  password?: Secret;
  /** Base32, or an `otpauth://` URI. */
  totp?: Secret;
  mailbox?: GivenMailbox;
  passkey?: RevealedPasskey;
  custom: Record<string, Secret>;
}

export function withCredentialOptions(command: Command): Command {
  return withPasskeyOption(command)
    .option("--username <username>", "the username; the password is then asked for")
    .option("--password-env <variable>", "name of the environment variable that holds the password")
    .option("--totp", "ask for the authenticator's secret, or its otpauth:// URI, too")
    .option("--totp-env <variable>", "name of the environment variable that holds that secret or URI")
    .option("--credentials-stdin", "read all credentials as one JSON object from standard input");
}

/**
 * Reads the credentials that the options name; asks, in a terminal, for what they leave out.
 * @throws Failure `invalid_argument`; `cancelled` when a prompt is left
 */
export async function readCredentials(
  context: CliContext,
  {
    username,
    passwordEnv,
    password: hasPassword = true,
    totp,
    totpEnv,
    credentialsStdin,
    ...options
  }: CredentialOptions,
  /** Whether the username may be a trait of the identity's. */
  { hasLoginName = false }: { hasLoginName?: boolean } = {},
): Promise<GivenCredentials> {
  const fromFile = await readPasskeyFile(context, options);
  if (!hasPassword && passwordEnv !== undefined)
    throw new Failure("invalid_argument", "--no-password and --password-env exclude each other.");
  if (credentialsStdin === true) {
    if (passwordEnv !== undefined || totp === true || totpEnv !== undefined) {
      throw new Failure(
        "invalid_argument",
        "--credentials-stdin goes with none of --password-env, --totp and --totp-env.",
      );
    }
    const { secrets, objects } = await readSecretsFromStdin(context, { objects: ["mailbox", "passkey"] });
    const passkey = fromFile ?? (objects["passkey"] && passkeyFrom(context, objects["passkey"]));
    const { username: named, password, totp: secret, ...custom } = secrets;
    const user = username === undefined ? named : new Secret(username);
    if (!hasPassword && (user === undefined || password !== undefined))
      throw new Failure(
        "invalid_argument",
        "Standard input: with --no-password, a username and no password.",
      );
    const alone = passkey !== undefined && password === undefined;
    const isNamed = user !== undefined || (hasLoginName && password !== undefined);
    if (hasPassword && !alone && isNamed !== (password !== undefined))
      throw new Failure("invalid_argument", "Standard input: a username and a password come together.");
    return {
      custom,
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      ...(secret === undefined ? {} : { totp: secret }),
      ...(objects["mailbox"] === undefined ? {} : { mailbox: mailboxOf(context, objects["mailbox"]) }),
      ...(passkey === undefined ? {} : { passkey }),
    };
  }

  if (username === undefined && ((passwordEnv !== undefined && !hasLoginName) || !hasPassword))
    throw new Failure(
      "invalid_argument",
      `${hasPassword ? "--password-env" : "--no-password"} needs --username.`,
    );
  const name = username === undefined ? {} : { username: new Secret(username) };
  const password =
    (username === undefined && passwordEnv === undefined) || !hasPassword
      ? {}
      : {
          password: await readSecret(context, {
            env: passwordEnv,
            option: "--password-env",
            prompt: "Password",
          }),
        };
  const authenticator =
    totp !== true && totpEnv === undefined
      ? {}
      : {
          totp: await readSecret(context, {
            env: totpEnv,
            option: "--totp-env",
            prompt: "Authenticator's secret, or its otpauth:// URI",
          }),
        };
  const passkey = fromFile === undefined ? {} : { passkey: fromFile };
  return { custom: {}, ...name, ...password, ...authenticator, ...passkey };
}
