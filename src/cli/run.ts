import { type Command, InvalidArgumentError } from "commander";
import { Failure } from "../failure.ts";
import type { CliContext } from "./context.ts";
import { runHere } from "./run-here.ts";

interface RunOptions {
  identity: string;
  input?: JobInputValue;
  headed?: boolean;
  slowMo?: number;
  pause?: boolean;
  trace?: boolean;
  json?: boolean;
}

type JobInputValue = null | boolean | number | string | JobInputValue[] | { [key: string]: JobInputValue };

export function registerRun(program: Command, context: CliContext): void {
  program
    .command("run")
    .description("run a flow in this process, with no queue: for developing and debugging it")
    .argument("<flow>", "as `latchkey flows` lists it")
    .requiredOption("--identity <id>", "id or name of the identity to run as")
    .option("--input <json>", "the flow's input", parseJson)
    .option("--headed", "show the browser")
    .option("--slow-mo <ms>", "milliseconds between actions", parseMilliseconds)
    .option("--pause", "open Playwright's Inspector before the flow's first step; needs a display")
    .option("--trace", "record a Playwright trace of the flow")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ npx latchkey run web/capture --identity me --input '{\"fullPage\":true}' --headed --slow-mo 200",
    )
    .action(async (flow: string, options: RunOptions) => {
      const { identity, input, headed, slowMo, pause, trace, json } = options;
      if (
        (headed === true || pause === true) &&
        context.environment["DISPLAY"] === undefined &&
        process.platform === "linux" &&
        context.environment["WAYLAND_DISPLAY"] === undefined
      ) {
        throw new Failure(
          "invalid_argument",
          "There is no display to show a browser on: run it without --headed and --pause, or under `xvfb-run`.",
        );
      }
      await runHere(
        context,
        { flow, identityId: identity, trace: trace === true, ...(input === undefined ? {} : { input }) },
        {
          json: json === true,
          headed: headed === true || pause === true,
          pause: pause === true,
          ...(slowMo === undefined ? {} : { slowMoMs: slowMo }),
        },
      );
    });
}

export function parseJson(text: string): JobInputValue {
  try {
    return JSON.parse(text) as JobInputValue;
  } catch {
    throw new InvalidArgumentError("It is not JSON.");
  }
}

export function parseMilliseconds(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It is not a whole number of milliseconds.");
  return Number(text);
}
