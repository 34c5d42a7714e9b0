import { type Command, Option } from "commander";
import type { CliContext } from "./context.ts";
import { checkDisplay } from "./display.ts";
import { holdOpen } from "./hold-open.ts";
import { printOutcome } from "./outcome.ts";
import { type Json, parseJson, parseJsonFile, parseMilliseconds } from "./parse.ts";

interface RunOptions {
  identity: string;
  input?: Json;
  inputFile?: Json;
  headed?: boolean;
  slowMo?: number;
  pause?: boolean;
  keepOpen?: boolean;
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
    .addOption(
      new Option("--input-file <path>", "a file with it; - reads standard input")
        .argParser(parseJsonFile)
        .conflicts("input"),
    )
    .option("--headed", "show the browser")
    .option("--slow-mo <ms>", "milliseconds between actions", parseMilliseconds)
    .option("--pause", "show the browser, and open Playwright's Inspector before the flow's first step")
    .option("--keep-open", "show the browser, and keep its window after a failure")
    .option("--trace", "record a Playwright trace of the flow, and print the command that opens it")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey run web/capture --identity me
  $ npx latchkey run web/capture --identity me --input '{"fullPage":true}' \\
      --headed --slow-mo 200
  $ npx latchkey run web/capture --identity me --pause --keep-open
The exit code is 0 if it succeeded, 1 if it failed, 130 after Ctrl-C.`,
    )
    .action(async (flow: string, options: RunOptions) => {
      const { identity, slowMo, pause = false, keepOpen = false, trace = false, json = false } = options;
      const input = options.input ?? options.inputFile;
      const headed = options.headed === true || pause || keepOpen;
      if (headed) checkDisplay(context);
      const { runHere } = await import("./run-here.ts");
      let isPrinted = json;
      const { runId, outcome, artifacts } = await runHere(
        context,
        { flow, identityId: identity, trace, ...(input === undefined ? {} : { input }) },
        {
          quiet: json,
          headed,
          pause,
          ...(slowMo === undefined ? {} : { slowMoMs: slowMo }),
          ...(keepOpen
            ? {
                async onFailed(failed) {
                  // Who cancelled it wants it gone.
                  if (failed.outcome.code === "cancelled") return;
                  if (!isPrinted) printOutcome(context, failed);
                  isPrinted = true;
                  await holdOpen(context, failed);
                },
              }
            : {}),
        },
      );
      if (json) context.json({ runId, ...outcome });
      else if (!isPrinted) printOutcome(context, { runId, outcome, artifacts });
    });
}
