import { type Command, Option } from "commander";
import type { ProviderName } from "../../config.ts";
import type { Applications } from "../../identity/applications/applications.ts";
import type { IdentityPatch } from "../../identity/identity-input.ts";
import type { IdentityState, NewCredential } from "../../identity/types.ts";
import type { CliContext } from "../context.ts";
import { type CredentialOptions, readCredentials, withCredentialOptions } from "../credentials.ts";
import { type MailboxOptions, readMailbox, withMailboxOptions } from "../mailbox-credential.ts";
import { type Json, parseCount, parseObject, parseObjectOrFile } from "../parse.ts";
import { providerOption } from "../provider-option.ts";

/** What `add` and `update` take. */
export interface IdentityOptions extends CredentialOptions, MailboxOptions {
  name?: string;
  url?: string;
  application?: string;
  allow?: string[];
  sessions?: number;
  metadata?: Record<string, Json>;
  traits?: Record<string, Json>;
  externalId?: string;
  state?: IdentityState;
  proxy?: string;
  provider?: ProviderName;
  providerIdentity?: string;
  json?: boolean;
}

const mostSessions = 1_000;

export const credentialsHelp = `
Secrets are never arguments. They come from a prompt, from environment variables
that you name, or from standard input:
  $ npx latchkey identities add --name me --url https://app.example.com \\
      --username me --totp
  $ npx latchkey identities add --name me --url https://app.example.com \\
      --username me --password-env APP_PASSWORD --totp-env APP_TOTP
  $ npx latchkey identities add --name me --url https://app.example.com \\
      --credentials-stdin < credentials.json
where credentials.json holds
  {"username": "me", "password": "…", "totp": "otpauth://…", "pin": "…"}
Any key but the first three becomes a custom field, but for "mailbox", an IMAP
mailbox that e-mailed codes and links arrive in (docs/mailbox.md):
  "mailbox": {"host": "imap.example.com", "username": "me", "password": "…"}
and "passkey" (docs/passkeys.md), with or without a password beside it:
  "passkey": {"rpId": "example.com", "id": "…", "userHandle": "…",
              "privateKey": "…", "publicKey": "…", "signCount": 0}`;

export function withIdentityOptions(command: Command): Command {
  return withMailboxOptions(
    withCredentialOptions(
      command.option("--name <name>", "unique in the project; commands accept it in place of the id"),
    ),
  )
    .option("--no-password", "the site asks for none: it sends a code or a link, or takes a passkey")
    .option("--application <id>", "application it belongs to, by id or name")
    .option("--allow <domain...>", "domains, beyond the site's own, that credentials may be typed on")
    .option("--sessions <n>", "sessions that may be open at once", parseCount(mostSessions))
    .option("--metadata <json>", "an object of your own", parseObject)
    .option(
      "--traits <json>",
      "what is known of the person, as the application's schema has it: an object, or a file of one",
      parseObjectOrFile,
    )
    .option("--external-id <id>", "what another system knows it by, unique in the project; none: nothing")
    .addOption(
      new Option("--state <state>", "an inactive identity runs nothing").choices(["active", "inactive"]),
    )
    .option("--proxy <url>", "http://host:port or socks5://host:port")
    .addOption(providerOption("where its browser sessions come from"))
    .option("--provider-identity <id>", "its id at that provider, where that keeps identities itself")
    .option("--json", "print JSON");
}

/** The options in the identity's own terms; what was not given is left out. @throws Failure `not_found` for the application */
export async function fieldsOf(
  options: IdentityOptions,
  { applications, project }: { applications: Applications; project: string },
): Promise<IdentityPatch> {
  const { name, application, allow, sessions, metadata, traits, externalId, state } = options;
  const { proxy, provider, providerIdentity } = options;
  return {
    ...(name === undefined ? {} : { name }),
    ...(application === undefined
      ? {}
      : { applicationId: (await applications.get(project, application)).id }),
    ...(allow === undefined ? {} : { allowedDomains: allow }),
    ...(sessions === undefined ? {} : { maxSessions: sessions }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(traits === undefined ? {} : { traits }),
    ...(externalId === undefined ? {} : { externalId: externalId === "none" ? null : externalId }),
    ...(state === undefined ? {} : { state }),
    ...(proxy === undefined ? {} : { proxyServer: proxy }),
    ...(provider === undefined ? {} : { provider }),
    ...(providerIdentity === undefined ? {} : { providerIdentityId: providerIdentity }),
  };
}

/**
 * Reads the credentials that the options name, to be stored.
 * @throws Failure `invalid_argument`; `cancelled` when a prompt is left
 */
export async function readCredentialsToStore(
  context: CliContext,
  options: IdentityOptions,
): Promise<NewCredential[]> {
  const { username, password, totp, custom, passkey, ...given } = await readCredentials(context, options, {
    hasLoginName: true,
  });
  const mailbox = (await readMailbox(context, options)) ?? given.mailbox;
  return [
    ...(username === undefined && password === undefined
      ? []
      : [{ type: "username_password" as const, username, password }]),
    ...(totp === undefined ? [] : [{ type: "authenticator" as const, secret: totp }]),
    ...(passkey === undefined ? [] : [{ type: "passkey" as const, ...passkey }]),
    ...(mailbox === undefined ? [] : [mailbox]),
    ...(Object.keys(custom).length === 0 ? [] : [{ type: "custom" as const, fields: custom }]),
  ];
}
