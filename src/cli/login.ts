import { type Command } from "commander";
import { dim, green, red } from "yoctocolors";
import { Failure } from "../failure.ts";
import { parseAuthenticator } from "../identity/authenticator.ts";
import { createGivenCredentials } from "../login/given-credentials.ts";
import { type LoginResult, login } from "../login/login.ts";
import type { LoginDecision } from "../outcome.ts";
import { Secret } from "../secret.ts";
import type { CliContext } from "./context.ts";
import { seconds } from "./progress.ts";
import { readSecret, readSecretsFromStdin } from "./secrets.ts";

interface LoginOptions {
  username?: string;
  passwordEnv?: string;
  totpEnv?: string;
  credentialsStdin?: boolean;
  allow?: string[];
  headed?: boolean;
  explain?: boolean;
  json?: boolean;
}

export function registerLogin(program: Command, context: CliContext): void {
  program
    .command("login")
    .description("try one login at a site; nothing is saved, and the password is submitted at most once")
    .argument("<url>", "the site's page for signed-in users, or its login page")
    .option("--username <username>", "the username")
    .option("--password-env <variable>", "environment variable that holds the password; asked for otherwise")
    .option(
      "--totp-env <variable>",
      "environment variable that holds the authenticator's secret or otpauth:// URI",
    )
    .option("--credentials-stdin", 'read {"username", "password", "totp"} as JSON from standard input')
    .option("--allow <domain...>", "domains, beyond the site's own, that credentials may be typed on")
    .option("--headed", "show the browser")
    .option("--explain", "tell, step by step, what was seen, what was done, and why")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExample:\n  $ APP_PASSWORD=… npx latchkey login https://app.example.com --username me --password-env APP_PASSWORD --explain",
    )
    .action(async (url: string, options: LoginOptions) => {
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
        throw new Failure("invalid_argument", "The URL is not an http(s) URL.");
      }
      const credentials = createGivenCredentials(await readCredentials(context, options), context.redactor);
      const { openSession } = await context.parts.browsers();
      const interrupted = new AbortController();
      process.once("SIGINT", () =>
        interrupted.abort(new Failure("cancelled", "The login was cancelled from the terminal.")),
      );

      const startedAt = performance.now();
      await using session = await openSession({
        signal: interrupted.signal,
        headed: options.headed === true,
      });
      const result = await login({
        page: session.page,
        sourceUrl: url,
        site: (await context.parts.catalogue()).siteFor(url),
        allowedDomains: options.allow ?? [],
        credentials,
        signal: AbortSignal.any([
          interrupted.signal,
          session.lost,
          AbortSignal.timeout(context.config.loginTimeoutMs),
        ]),
        log: context.log,
        ...(options.explain === true && options.json !== true
          ? { onDecision: (decision) => explain(context, decision) }
          : {}),
      });
      report(context, result, {
        durationMs: Math.round(performance.now() - startedAt),
        json: options.json === true,
      });
    });
}

async function readCredentials(context: CliContext, options: LoginOptions) {
  const given = options.credentialsStdin === true ? await readSecretsFromStdin(context) : {};
  const username = options.username === undefined ? given["username"] : new Secret(options.username);
  if (username === undefined)
    throw new Failure("invalid_argument", "No username was given: use --username or --credentials-stdin.");
  const password =
    given["password"] ?? (await readSecret(context, { env: options.passwordEnv, prompt: "Password" }));
  const totp =
    given["totp"] ??
    (options.totpEnv === undefined
      ? undefined
      : await readSecret(context, { env: options.totpEnv, prompt: "Authenticator" }));
  if (totp === undefined) return { username, password };

  const parsed = parseAuthenticator({ secret: totp.reveal() });
  if (!parsed.ok) throw new Failure("invalid_argument", `The authenticator's secret ${parsed.fault}.`);
  const { secret, ...rest } = parsed.authenticator;
  return { username, password, authenticator: { secret: new Secret(secret), ...rest } };
}

function explain(context: CliContext, { atMs, url, saw, action, reason }: LoginDecision): void {
  context.print(`${dim(seconds(atMs).padStart(8))}  ${action}`);
  context.print(dim(`          saw     ${context.redactor.scrub(saw)}`));
  context.print(dim(`          why     ${context.redactor.scrub(reason)}`));
  context.print(dim(`          page    ${context.redactor.scrub(url)}`));
}

function report(
  context: CliContext,
  result: LoginResult,
  { durationMs, json }: { durationMs: number; json: boolean },
): void {
  const scrub = (text: string) => context.redactor.scrub(text);
  const failure = result.status === "failed" ? result.failure : undefined;
  process.exitCode = failure === undefined ? 0 : 1;
  if (json) {
    return context.json({
      outcome: failure === undefined ? "succeeded" : "failed",
      code: failure?.code ?? null,
      message: failure?.message ?? null,
      submits: result.submits,
      url: scrub(result.url),
      durationMs,
      decisions: result.decisions.map((decision) => ({
        ...decision,
        url: scrub(decision.url),
        saw: scrub(decision.saw),
        reason: scrub(decision.reason),
      })),
    });
  }
  const submits = `password submits: ${result.submits.password}, code submits: ${result.submits.code}`;
  if (failure === undefined)
    return context.print(`${green("✓")} signed in  ${dim(`${seconds(durationMs)} · ${submits}`)}`);
  context.print(
    `${red("✗")} ${failure.code}: ${failure.message}  ${dim(`${seconds(durationMs)} · ${submits}`)}`,
  );
  if (result.status === "failed" && result.siteMessage !== undefined)
    context.print(`  the site says: ${scrub(result.siteMessage)}`);
  context.print(`  ${dim(failure.advice)}`);
}
