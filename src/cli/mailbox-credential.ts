import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { mailboxSchema } from "../identity/credentials/mailbox-input.ts";
import { check } from "../identity/identity-input.ts";
import type { MailboxSecurity, NewCredential } from "../identity/types.ts";
import { Secret } from "../secret.ts";
import type { CliContext } from "./context.ts";
import { readSecret } from "./secrets.ts";

export interface MailboxOptions {
  mailbox?: string;
  mailboxPasswordEnv?: string;
  mailboxFrom?: string;
}

export type GivenMailbox = Extract<NewCredential, { type: "mailbox" }>;

const securityOf: Record<string, MailboxSecurity> = {
  "imaps:": "tls",
  "imap+starttls:": "starttls",
  "imap:": "none",
};

export function withMailboxOptions(command: Command): Command {
  return command
    .option("--mailbox <url>", "where e-mailed codes and links arrive: imaps://user@host[:port][/folder]")
    .option("--mailbox-password-env <variable>", "name of the environment variable that holds its password")
    .option("--mailbox-from <text>", "look only at messages whose sender's address has this in it");
}

/**
 * The mailbox that the options name; its password comes from the environment variable, or is asked for.
 * @throws Failure `invalid_argument`, which never repeats the address: there may be a password in it
 */
export async function readMailbox(
  context: CliContext,
  { mailbox: url, mailboxPasswordEnv, mailboxFrom }: MailboxOptions,
): Promise<GivenMailbox | undefined> {
  if (url === undefined) {
    if (mailboxPasswordEnv !== undefined || mailboxFrom !== undefined)
      throw new Failure("invalid_argument", "--mailbox-password-env and --mailbox-from need --mailbox.");
    return undefined;
  }
  const place = parseMailboxUrl(url);
  const password = await readSecret(context, {
    env: mailboxPasswordEnv,
    option: "--mailbox-password-env",
    prompt: "Mailbox's password",
  });
  return checked({ ...place, password, ...(mailboxFrom === undefined ? {} : { from: mailboxFrom }) });
}

/** The mailbox as an object of standard input: `host`, `username`, `password` and what docs/mailbox.md names beside them. */
export function mailboxOf(
  { redactor }: CliContext,
  { username, password, type: _type, ...rest }: Record<string, unknown>,
): GivenMailbox {
  if (typeof username !== "string" || typeof password !== "string" || username === "" || password === "") {
    throw new Failure(
      "invalid_argument",
      "Standard input: a mailbox has a username and a password, texts that are not empty.",
    );
  }
  const secret = new Secret(password);
  redactor.add(secret);
  return checked({ ...rest, username: new Secret(username), password: secret });
}

function parseMailboxUrl(text: string): Record<string, unknown> {
  const url = URL.parse(text);
  const security = securityOf[url?.protocol ?? ""];
  const refuse = (fault: string) => new Failure("invalid_argument", `--mailbox ${fault}`);
  if (url === null || security === undefined || url.hostname === "")
    throw refuse("is not an address such as imaps://user@imap.example.com/INBOX.");
  if (url.password !== "")
    throw refuse("holds a password: name an environment variable with --mailbox-password-env instead.");
  if (url.username === "")
    throw refuse("names no user: write imaps://user@host, and %40 for an @ in the user's name.");
  if (url.search !== "" || url.hash !== "") throw refuse("has something after the folder.");
  const folder = decode(url.pathname.replace(/^\//, ""));
  const username = decode(url.username);
  if (folder === undefined || username === undefined) throw refuse("has a % that stands for nothing.");
  return {
    host: url.hostname,
    security,
    username: new Secret(username),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    ...(folder === "" ? {} : { folder }),
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function checked(input: Record<string, unknown>): GivenMailbox {
  const { from, ...mailbox } = check(mailboxSchema, "mailbox", { ...input, type: "mailbox" });
  return { ...mailbox, ...(from === undefined ? {} : { from }) };
}
