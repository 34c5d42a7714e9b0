import { type Command, Option } from "commander";
import { toFailure } from "../failure.ts";
import type { CliContext } from "./context.ts";
import { withCredentialOptions } from "./credentials.ts";
import type { LoginOptions } from "./login-attempt.ts";
import { loginJson, printLogin } from "./login-report.ts";

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
        const { replayFile } = await import("./replay.ts");
        if (url !== undefined)
          command.error("error: option '--replay <file>' opens no site and takes no url");
        process.exitCode = await replayFile(context, { path: options.replay, json: options.json === true });
        return;
      }
      if (url === undefined) return command.error("error: missing required argument 'url'");
      const { attempt, notBegun } = await import("./login-attempt.ts");
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
