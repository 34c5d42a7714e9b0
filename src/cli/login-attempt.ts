import { Failure } from "../failure.ts";
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
import { type CredentialOptions, readCredentials } from "./credentials.ts";
import { checkDisplay } from "./display.ts";
import { createInterrupt } from "./interrupt.ts";
import { explain } from "./login-report.ts";
import { interruptedCode } from "./report-failure.ts";
import { openSnapshotFile } from "./save-snapshot.ts";

export interface LoginOptions extends CredentialOptions {
  allow?: string[];
  headed?: boolean;
  explain?: boolean;
  json?: boolean;
  saveSnapshot?: string;
  replay?: string;
}

export interface Attempt {
  result: LoginResult;
  durationMs: number;
  exitCode: number;
  /** Of the passkey, where it was used. */
  signCount?: number;
}

/** The one attempt, in a session of its own; no database is touched. */
export async function attempt(context: CliContext, url: string, options: LoginOptions): Promise<Attempt> {
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
export function notBegun(url: string, failure: Failure): Attempt {
  const submits = { password: 0, code: 0 };
  return {
    result: { status: "failed", failure, submits, decisions: [], url: addressOf(url) },
    durationMs: 0,
    exitCode: failure.code === "cancelled" ? interruptedCode : 1,
  };
}
