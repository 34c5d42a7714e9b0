import { type Command, Option } from "commander";
import { Failure, toFailure } from "../failure.ts";
import { parseAuthenticator } from "../identity/credentials/authenticator.ts";
import { check, urlSchema } from "../identity/identity-input.ts";
import { addressOf } from "../login/address.ts";
import { createGivenCredentials } from "../login/given-credentials.ts";
import { type LoginResult, login } from "../login/login.ts";
import type { LoginCredentials } from "../login/site.ts";
import { Secret } from "../secret.ts";
import { createTimeLimit } from "../time-limit.ts";
import { askForCode } from "./ask-code.ts";
import type { CliContext } from "./context.ts";
import { type CredentialOptions, readCredentials, withCredentialOptions } from "./credentials.ts";
import { checkDisplay } from "./display.ts";
import { createInterrupt } from "./interrupt.ts";
import { explain, loginJson, printLogin } from "./login-report.ts";
import { replayFile } from "./replay.ts";
import { interruptedCode } from "./report-failure.ts";
import { openSnapshotFile } from "./save-snapshot.ts";

interface LoginOptions extends CredentialOptions {
  allow?: string[];
  headed?: boolean;
  explain?: boolean;
  json?: boolean;
  saveSnapshot?: string;
  replay?: string;
}

export function registerLogin(program: Command, context: CliContext): void {
  const command = program
    .command("login")
    .description("try one login at a site; nothing is saved, and the password is submitted at most once")
    .argument("[url]", "the site's page for signed-in users, or its login page");
  withCredentialOptions(command)
    .option("--no-password", "with a passkey: there is no password to go with the username")
    .option("--allow <domain...>", "domains, beyond the site's own, that credentials may be typed on")
    .option("--headed", "show the browser")
    .option("--explain", "tell, step by step, what was seen, what was done, and why")
    .option("--json", "print one JSON object")
    .option(
      "--save-snapshot <file>",
      "store what was seen and decided, without secrets, to report or replay it",
    );
  // It goes with none of what was asked for before, but for how it is told.
  const others = command.options
    .map((option) => option.attributeName())
    .filter((name) => name !== "json" && name !== "explain");
  command
    .addOption(
      new Option(
        "--replay <file>",
        "decide again on a stored login's pages: no site, no browser, no credentials",
      ).conflicts(others),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey login https://app.example.com --username me --explain
  $ npx latchkey login https://app.example.com --username me \\
      --password-env APP_PASSWORD --totp-env APP_TOTP --json
  $ npx latchkey login https://app.example.com --username me \\
      --save-snapshot app.json
  $ npx latchkey login --replay app.json
The exit code is 0 if it signed in, 1 if not, 130 after Ctrl-C; with --replay,
1 if anything is decided differently than when it was stored.`,
    )
    .action(async (url: string | undefined, options: LoginOptions) => {
      if (options.replay !== undefined) {
        if (url !== undefined)
          command.error("error: option '--replay <file>' opens no site and takes no url");
        process.exitCode = await replayFile(context, { path: options.replay, json: options.json === true });
        return;
      }
      if (url === undefined) return command.error("error: missing required argument 'url'");
      const ended = await attempt(context, url, options).catch((error: unknown) => {
        // One object, whatever happens: a script that asked for JSON reads no standard error.
        if (options.json === true) return notBegun(url, toFailure(error));
        throw error;
      });
      const { result, durationMs, exitCode, signCount } = ended;
      process.exitCode = exitCode;
      if (options.json === true) context.json(loginJson(context, result, durationMs));
      else {
        printLogin(context, result, durationMs);
        if (signCount !== undefined)
          context.print(
            context.style.dim(`  the passkey's signCount is now ${signCount}: the next use must start there`),
          );
      }
    });
}

interface Attempt {
  result: LoginResult;
  durationMs: number;
  exitCode: number;
  /** Of the passkey, where it was used. */
  signCount?: number;
}

/** The one attempt, in a session of its own; no database is touched. */
async function attempt(context: CliContext, url: string, options: LoginOptions): Promise<Attempt> {
  const { parts, config, log, redactor } = context;
  const sourceUrl = check(urlSchema, "URL", url);
  if (options.headed === true) checkDisplay(context);
  const given = await readLogin(context, options);
  const site = (await parts.catalogue()).siteFor(sourceUrl);
  const { openSession } = await parts.browsers();

  await using snapshot =
    options.saveSnapshot === undefined ? undefined : await openSnapshotFile(options.saveSnapshot);
  using interrupt = createInterrupt("The login was cancelled from the terminal.");
  const left = new AbortController();
  using timeLimit = createTimeLimit(config.loginTimeoutMs);
  const ask = options.json === true ? undefined : askForCode(context, (failure) => left.abort(failure));
  const outOfBand: LoginCredentials["outOfBand"] | undefined =
    ask &&
    (async (request, signal) => {
      using _paused = timeLimit.pause();
      return await ask(request, signal);
    });
  let signCount: number | undefined;
  const onPasskeyUsed = async (count: number) => void (signCount = count);
  const credentials = createGivenCredentials({ ...given, outOfBand, onPasskeyUsed }, redactor);
  const startedAt = performance.now();
  await using session = await openSession({ signal: interrupt.signal, headed: options.headed === true });
  const result = await login({
    page: session.page,
    sourceUrl,
    site,
    allowedDomains: options.allow ?? [],
    credentials,
    redactor,
    signal: AbortSignal.any([interrupt.signal, left.signal, session.lost, timeLimit.signal]),
    log,
    ...(snapshot === undefined ? {} : { onSituation: snapshot.onSituation }),
    ...(options.explain === true && options.json !== true
      ? { onDecision: (decision) => explain(context, decision) }
      : {}),
  });
  await snapshot?.write(result, redactor);
  return {
    result,
    durationMs: Math.round(performance.now() - startedAt),
    exitCode:
      result.status === "signed_in" ? 0 : (interrupt.exitCode ?? (left.signal.aborted ? interruptedCode : 1)),
    ...(signCount === undefined ? {} : { signCount }),
  };
}

async function readLogin(context: CliContext, options: LoginOptions) {
  const { username, password, totp, passkey, mailbox } = await readCredentials(context, options);
  if (mailbox !== undefined)
    throw new Failure(
      "invalid_argument",
      "A mailbox is read in an identity's runs only: store it with `latchkey identities add`.",
    );
  if (passkey === undefined && (username === undefined || password === undefined))
    throw new Failure(
      "invalid_argument",
      "No username was given: use --username, --credentials-stdin or --passkey-file.",
    );
  if (totp === undefined) return { username, password, passkey };

  const parsed = parseAuthenticator({ secret: totp.reveal() });
  if (!parsed.ok) throw new Failure("invalid_argument", `The authenticator's secret ${parsed.fault}.`);
  const { secret, ...rest } = parsed.authenticator;
  return { username, password, passkey, authenticator: { secret: new Secret(secret), ...rest } };
}

/** A login that came to nothing before it began. */
function notBegun(url: string, failure: Failure): Attempt {
  const submits = { password: 0, code: 0 };
  return {
    result: { status: "failed", failure, submits, decisions: [], url: addressOf(url) },
    durationMs: 0,
    exitCode: failure.code === "cancelled" ? interruptedCode : 1,
  };
}
