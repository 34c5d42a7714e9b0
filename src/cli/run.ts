import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { checkDisplay } from "./display.ts";
import { printOutcome } from "./outcome.ts";
import { type Json, parseJson, parseMilliseconds } from "./parse.ts";

interface RunOptions {
  identity: string;
  input?: Json;
  headed?: boolean;
  slowMo?: number;
  pause?: boolean;
  trace?: boolean;
  json?: boolean;
}

export function registerRun(program: Command, context: CliContext): void {
  program
    .command("run")
    .description("run a flow in this process, with no queue: for developing and debugging it")
    .argument("<flow>", "as `latchkey flows` lists it")
    .requiredOption("--identity <id>", "id or name of the identity to run as")
    .option("--input <json>", "the flow's input", parseJson)
    .option("--headed", "show the browser")
    .option("--slow-mo <ms>", "milliseconds between actions", parseMilliseconds)
    .option("--pause", "show the browser, and open Playwright's Inspector before the flow's first step")
    .option("--trace", "record a Playwright trace of the flow")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey run web/capture --identity me
  $ npx latchkey run web/capture --identity me --input '{"fullPage":true}' \\
      --headed --slow-mo 200
The exit code is 0 if it succeeded, 1 if it failed, 130 after Ctrl-C.`,
    )
    .action(async (flow: string, options: RunOptions) => {
      const { identity, input, slowMo, pause = false, trace = false, json = false } = options;
      const headed = options.headed === true || pause;
      if (headed) checkDisplay(context);
      const { runHere } = await import("./run-here.ts");
      const { runId, outcome, artifacts } = await runHere(
        context,
        { flow, identityId: identity, trace, ...(input === undefined ? {} : { input }) },
        { quiet: json, headed, pause, ...(slowMo === undefined ? {} : { slowMoMs: slowMo }) },
      );
      if (json) context.json({ runId, ...outcome });
      else printOutcome(context, { runId, outcome, artifacts });
    });
}
