import type { Command } from "commander";
import type { ProviderName } from "../config.ts";
import type { CliContext } from "./context.ts";
import { type Json, parseJson, parseMilliseconds } from "./parse.ts";
import { providerOption } from "./provider-option.ts";

interface SubmitOptions {
  identity: string;
  input?: Json;
  trace?: boolean;
  watch?: boolean;
  deadline?: number;
  codeTimeout?: number;
  provider?: ProviderName;
  delay?: number;
  webhook?: string;
  json?: boolean;
}

export function registerSubmit(program: Command, context: CliContext): void {
  program
    .command("submit")
    .description("queue a run for a worker")
    .argument("<flow>", "as `latchkey flows` lists it")
    .requiredOption("--identity <id>", "id or name of the identity to run as")
    .option("--input <json>", "the flow's input", parseJson)
    .option("--trace", "record a Playwright trace of the flow")
    .option("--deadline <ms>", "longest the run may take, in milliseconds", parseMilliseconds)
    .option(
      "--code-timeout <ms>",
      "longest its login may wait for a code to be handed in; 0: not at all",
      parseMilliseconds,
    )
    .addOption(providerOption())
    .option("--delay <ms>", "start no sooner than in so many milliseconds", parseMilliseconds)
    .option("--webhook <url>", "report the outcome there, signed; docs/webhooks.md")
    .option("--watch", "follow the run to its outcome; Ctrl-C ends the watching, not the run")
    .option("--json", "print JSON: the run's id or, with --watch, its outcome")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey submit web/capture --identity me
  $ npx latchkey submit web/capture --identity me --input '{"fullPage":true}' \\
      --watch
  $ npx latchkey submit web/capture --identity me \\
      --webhook https://example.com/hooks/latchkey
With --watch, the exit code is 0 if the run succeeded and 1 if it failed.`,
    )
    .action(async (flow: string, options: SubmitOptions) => {
      const {
        identity,
        input,
        trace = false,
        deadline,
        codeTimeout,
        provider,
        delay,
        webhook,
        watch = false,
        json = false,
      } = options;
      const { parts, config, project, style } = context;
      const { submitRun } = await import("../job/submit.ts");
      const catalogue = await parts.catalogue();
      const { database, identities, runs } = await parts.store();
      const { queue } = await parts.queueing();
      const job = {
        project,
        flow,
        identityId: identity,
        trace,
        ...(input === undefined ? {} : { input }),
        ...(deadline === undefined ? {} : { deadlineMs: deadline }),
        ...(codeTimeout === undefined ? {} : { codeTimeoutMs: codeTimeout }),
        ...(provider === undefined ? {} : { provider }),
        ...(webhook === undefined ? {} : { webhookUrl: webhook }),
      };
      const { webhookAllow } = config;
      const deps = { db: database.kysely, catalogue, identities, runs, queue, webhookAllow, config };
      const submitted = () =>
        submitRun(deps, job, {
          attempts: config.attempts,
          ...(delay === undefined ? {} : { delayMs: delay }),
        });
      const tracing = await parts.tracing();
      const runId = await (tracing === undefined
        ? submitted()
        : tracing.inSpan("latchkey submit", submitted));
      if (watch) {
        const { followRun } = await import("./follow-run.ts");
        return followRun(context, runId, json);
      }
      if (json) return context.json({ runId });
      context.print(`${style.green("✓")} queued as ${runId}`);
      context.print(style.dim(`  latchkey runs ${runId}`));
    });
}
