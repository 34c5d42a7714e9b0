import type { VNode } from "preact";
import type { FailureCode } from "../../../failure.ts";
import type { Refusal } from "../../../job/connect/visit-state.ts";
import type { Messages } from "../messages/en.ts";
import { alert, siteWords } from "./elements.ts";
import type { PageContext } from "./layout.ts";

type Words = (t: Messages) => string;

/** What a visitor can do something about; the rest is "not completed". */
const words: Partial<Record<FailureCode, Words>> = {
  invalid_credentials: (t) => t.refusedPassword,
  invalid_one_time_code: (t) => t.refusedCode,
  account_locked: (t) => t.refusedLocked,
  account_unusable: (t) => t.refusedAccount,
  password_change_required: (t) => t.refusedAccount,
  captcha_required: (t) => t.refusedHuman,
  rate_limited: (t) => t.refusedRate,
  one_time_code_timeout: (t) => t.codeLate,
  one_time_code_required: (t) => t.codeLate,
  deadline_exceeded: (t) => t.codeLate,
  site_unreachable: (t) => t.siteDown,
  site_error: (t) => t.siteDown,
};

/** The failures in which the site has said no, rather than nothing. */
const saysNo: ReadonlySet<FailureCode> = new Set([
  "invalid_credentials",
  "invalid_one_time_code",
  "account_locked",
  "account_unusable",
  "password_change_required",
  "rate_limited",
]);

/** Tells plainly what the site said to the credentials that were given. */
export function refusalAlert(
  context: PageContext,
  { code, siteMessage }: Refusal,
  attemptsLeft: number,
): VNode {
  const { t, app } = context;
  const name = app?.name ?? "";
  const text = (words[code] ?? ((each: Messages) => each.notCompleted))(t);
  return alert(t.refusedTitle(name), [
    text,
    siteMessage === undefined || !saysNo.has(code) ? null : siteWords(context, siteMessage),
    attemptsLeft === 0 ? t.noTriesLeft(name) : attemptsLeft <= 2 ? t.triesLeft(attemptsLeft) : null,
  ]);
}
