import { type Command, Option } from "commander";
import { registrableDomain } from "../identity/domains.ts";
import { check, urlSchema } from "../identity/identity-input.ts";
import { withSite } from "../identity/site-of.ts";
import type { RevealedPasskey } from "../identity/types.ts";
import { allowedOrigins } from "../login/allowed-origin.ts";
import type { CliContext } from "./context.ts";
import { checkDisplay } from "./display.ts";
import { shellWord } from "./format.ts";
import { printOutcome } from "./outcome.ts";
import { parseMilliseconds } from "./parse.ts";

interface AddOptions {
  url?: string;
  securityKey?: boolean;
  headless?: boolean;
  timeout: number;
  json?: boolean;
}

const defaultTimeoutMs = 600_000;
/** A run may take no longer. */
const longestMs = 12 * 3_600_000;

export function registerPasskeys(program: Command, context: CliContext): void {
  const group = program
    .command("passkeys")
    .description("have a site make a passkey for an identity")
    .addHelpText("after", "\nExample:\n  $ npx latchkey passkeys add me");
  group
    .command("add")
    .description("sign in as the identity, let the site make a passkey in the window, and keep it, sealed")
    .argument("<identity>", "id or name")
    .option("--url <url>", "the site's page that makes passkeys, opened at once")
    .option("--security-key", "answer as a security key, for sites that take no passkey of the device")
    .option("--headless", "show no browser: for a page that makes the passkey by itself")
    .addOption(
      new Option("--timeout <ms>", "how long is waited for it, in milliseconds")
        .argParser((text) => Math.min(parseMilliseconds(text), longestMs))
        .default(defaultTimeoutMs, "600000, ten minutes"),
    )
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      `
A window opens, signed in as the identity. Find the site's security settings and
press its "create a passkey"; the command ends as soon as the site has taken it.
  $ npx latchkey passkeys add me
  $ npx latchkey passkeys add me --url https://app.example.com/settings/passkeys
The identity then has to be validated again, which signs in with the passkey.`,
    )
    .action((name: string, options: AddOptions) => add(context, name, options));
}

async function add(context: CliContext, name: string, options: AddOptions): Promise<void> {
  const { timeout: timeoutMs, headless = false, json = false, securityKey = false } = options;
  const url = options.url === undefined ? undefined : check(urlSchema, "URL", options.url);
  if (!headless) checkDisplay(context);
  const { identities } = await context.parts.store();
  const { id, sourceUrl, allowedDomains } = withSite(await identities.get(context.project, name));
  const [{ runHere }, { makePasskeyFlow, makePasskeyFlowName }] = await Promise.all([
    import("./run-here.ts"),
    import("../job/make-passkey.ts"),
  ]);
  let elsewhere: string | undefined;
  const keep = async (passkey: RevealedPasskey) => {
    context.redactor.add(passkey.privateKey);
    const isAllowed = allowedOrigins({ sourceUrl, domains: allowedDomains });
    if (!isAllowed(`https://${passkey.rpId}`)) elsewhere = registrableDomain(passkey.rpId);
    await identities.update(
      context.project,
      id,
      { credentials: [{ type: "passkey", ...passkey }] },
      { name: context.actor },
    );
  };
  const flow = makePasskeyFlow({ url, securityKey, timeoutMs, onMade: keep });
  const { loginTimeoutMs, codeTimeoutMs } = context.config;
  const ended = await runHere(
    context,
    {
      flow: makePasskeyFlowName,
      identityId: id,
      // Signing in and waiting are limited each by itself.
      deadlineMs: timeoutMs + 2 * loginTimeoutMs + codeTimeoutMs,
    },
    { quiet: json, headed: !headless, ownFlow: flow },
  );
  if (json) return context.json({ runId: ended.runId, ...ended.outcome });
  if (ended.outcome.status === "failed") return printOutcome(context, ended);
  const { style } = context;
  context.print(`${style.green("✓")} ${ended.identity.name} has a passkey`);
  if (elsewhere !== undefined) {
    const allowed = [...allowedDomains, elsewhere].map(shellWord).join(" ");
    context.print(`  It signs in at ${elsewhere}, which the identity does not allow yet:`);
    context.print(
      style.dim(`  latchkey identities update ${shellWord(ended.identity.name)} --allow ${allowed}`),
    );
  }
  context.print(style.dim(`  latchkey identities validate ${shellWord(ended.identity.name)}`));
}
