import type { LoginResult } from "../login/login.ts";
import type { LoginDecision } from "../outcome.ts";
import type { CliContext } from "./context.ts";
import { counted, duration } from "./format.ts";
import { prose } from "./prose.ts";

const timeWidth = 8;

/** One decision as it is taken: what was done, what was seen, and why. */
export function explain(context: CliContext, { atMs, url, saw, action, reason }: LoginDecision): void {
  const { style, redactor, stdout } = context;
  context.print(`${style.dim(duration(atMs).padStart(timeWidth))}  ${style.bold(redactor.scrub(action))}`);
  for (const [label, text] of [
    ["saw", saw],
    ["why", reason],
    ["page", url],
  ] as const) {
    const lead = `${" ".repeat(timeWidth)}  ${style.dim(label.padEnd(4))}  `;
    context.print(`${lead}${prose(stdout, redactor.scrub(text), " ".repeat(timeWidth + 8))}`);
  }
}

/** What a login came to, for people. */
export function printLogin(context: CliContext, result: LoginResult, durationMs: number): void {
  const { style, redactor } = context;
  const { password, code } = result.submits;
  const cost = [
    duration(durationMs),
    counted(password, "password submit"),
    counted(code, "code submit"),
  ].join(", ");
  if (result.status === "signed_in")
    return context.print(`${style.green("✓")} ${style.bold("signed in")}  ${style.dim(cost)}`);

  const { failure, siteMessage } = result;
  context.print(`${style.red("✗")} ${style.bold(failure.code)}: ${redactor.scrub(failure.message)}`);
  context.print(`  ${style.dim(prose(context.stdout, failure.advice, "  "))}`);
  const lines: [string, string | undefined][] = [
    ["the site says", siteMessage],
    ["page", result.url],
    ["took", cost],
  ];
  for (const [label, text] of lines)
    if (text !== undefined) context.print(`  ${style.dim(label.padEnd(14))}${redactor.scrub(text)}`);
}

/** What a login came to, for scripts: the same members whatever happened. */
export function loginJson({ redactor }: CliContext, result: LoginResult, durationMs: number) {
  const scrub = (text: string) => redactor.scrub(text);
  const failure = result.status === "failed" ? result.failure : undefined;
  return {
    outcome: failure === undefined ? "succeeded" : "failed",
    code: failure?.code ?? null,
    message: failure === undefined ? null : scrub(failure.message),
    siteMessage:
      result.status === "failed" && result.siteMessage !== undefined ? scrub(result.siteMessage) : null,
    submits: { password: result.submits.password, code: result.submits.code },
    url: scrub(result.url),
    durationMs,
    decisions: result.decisions.map(({ atMs, url, saw, action, reason }) => ({
      atMs,
      url: scrub(url),
      saw: scrub(saw),
      action: scrub(action),
      reason: scrub(reason),
    })),
  };
}
