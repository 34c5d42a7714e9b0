import { type Command, Option } from "commander";
import type { ProviderName } from "../config.ts";
import { Failure } from "../failure.ts";
import type { CliContext } from "./context.ts";
import { checkDisplay } from "./display.ts";
import { holdOpen } from "./hold-open.ts";
import { printOutcome } from "./outcome.ts";
import { type Json, parseJson, parseJsonFile, parseMilliseconds, parseServiceUrl } from "./parse.ts";
import { providerOption } from "./provider-option.ts";
import type { EndedHere, FailedHere } from "./run-here.ts";

interface RunOptions {
  identity: string;
  input?: Json;
  inputFile?: Json;
  headed?: boolean;
  slowMo?: number;
  pause?: boolean;
  keepOpen?: boolean;
  watch?: boolean;
  trace?: boolean;
  provider?: ProviderName;
  remote?: URL;
  saveState?: boolean;
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
    .option("--watch", "run it again, in the same signed-in browser, whenever it is saved")
    .option("--trace", "record a Playwright trace of the flow, and print the command that opens it")
    .addOption(providerOption())
    .addOption(
      new Option("--remote <url>", "as the identity that a running service has, in a browser it hands out")
        .argParser(parseServiceUrl)
        .conflicts(["headed", "pause", "keepOpen", "watch", "provider"]),
    )
    .option("--save-state", "with --remote: save the state a flow that succeeded has left")
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey run web/capture --identity me
  $ npx latchkey run web/capture --identity me --input '{"fullPage":true}' \\
      --headed --slow-mo 200
  $ npx latchkey run web/capture --identity me --pause --keep-open
  $ npx latchkey run web/capture --identity me --headed --watch
  $ LATCHKEY_API_KEY=lk_... npx latchkey run web/capture --identity me \\
      --remote https://latchkey.example.com --trace
The exit code is 0 if it succeeded, 1 if it failed, 130 after Ctrl-C.
docs/debugging.md shows how to write and mend a flow with it.`,
    )
    .action(async (flow: string, options: RunOptions) => {
      const { identity, provider, slowMo, pause = false, keepOpen = false } = options;
      const { trace = false, json = false } = options;
      const input = options.input ?? options.inputFile;
      const headed = options.headed === true || pause || keepOpen;
      if (headed) checkDisplay(context);
      if (options.remote === undefined && options.saveState === true)
        throw new Failure("invalid_argument", "--save-state goes with --remote: other runs save it anyway.");
      const job = {
        flow,
        identityId: identity,
        trace,
        ...(input === undefined ? {} : { input }),
        ...(provider === undefined ? {} : { provider }),
      };
      const shown = { quiet: json, headed, pause, ...(slowMo === undefined ? {} : { slowMoMs: slowMo }) };
      const show = ({ runId, outcome, artifacts }: Omit<EndedHere, "identity">) =>
        json ? context.json({ runId, ...outcome }) : printOutcome(context, { runId, outcome, artifacts });
      if (options.remote !== undefined) {
        const { runRemote } = await import("./remote/run-remote.ts");
        const { remote: service, saveState = false } = options;
        const asked = { flow, identityId: identity, input, trace, saveState, slowMoMs: slowMo ?? 0 };
        return show(await runRemote(context, { ...asked, service, quiet: json }));
      }
      if (options.watch === true) {
        const { watchFlow } = await import("./watch/watch-flow.ts");
        return watchFlow(context, job, { ...shown, show });
      }
      const { runHere } = await import("./run-here.ts");
      let isShown = false;
      const onFailed = async (failed: FailedHere) => {
        // Who cancelled it wants it gone.
        if (failed.outcome.code === "cancelled") return;
        show(failed);
        isShown = true;
        await holdOpen(context, failed);
      };
      const ended = await runHere(context, job, { ...shown, ...(keepOpen ? { onFailed } : {}) });
      if (!isShown) show(ended);
    });
}
