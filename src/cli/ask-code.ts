import { isCancel, password } from "@clack/prompts";
import { Failure } from "../failure.ts";
import { answerOf } from "../login/out-of-band.ts";
import type { LoginCredentials } from "../login/site.ts";
import { Secret } from "../secret.ts";
import { untilAborted } from "../until-aborted.ts";
import type { CliContext } from "./context.ts";

/**
 * Asks in the terminal for what a site sent another way; undefined where there is no terminal.
 * @param onLeft the question was left with Ctrl-C, which no signal tells of
 */
export function askForCode(
  { stdin, stderr, redactor }: CliContext,
  onLeft: (failure: Failure) => void,
): LoginCredentials["outOfBand"] | undefined {
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return async ({ channel, expects, siteMessage }, signal) => {
    // There is nothing to type: the page goes on by itself.
    if (channel === "push") return await untilAborted(signal, () => new Promise<never>(() => {}));
    const said = siteMessage === undefined ? "" : `\n${redactor.scrub(siteMessage)}`;
    const answer = await password({
      message: `${expects === "link" ? "The link the site sent" : "One-time code"}${said}`,
      output: stderr,
      signal,
      validate: (given) => (given === undefined || given.trim() === "" ? "Nothing was typed." : undefined),
    });
    if (!isCancel(answer)) return answerOf(new Secret(answer));
    signal.throwIfAborted();
    const left = new Failure("cancelled", "The question for the code was left.");
    onLeft(left);
    throw left;
  };
}
