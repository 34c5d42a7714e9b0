import type { Command } from "commander";
import { dim, green } from "yoctocolors";
import { submitRun } from "../job/submit.ts";
import { watchRun } from "../job/watch-run.ts";
import type { CliContext } from "./context.ts";
import { printOutcome } from "./outcome.ts";
import { createProgress } from "./progress.ts";
import { parseJson, parseMilliseconds } from "./run.ts";

interface SubmitOptions {
  identity: string;
  input?: ReturnType<typeof parseJson>;
  trace?: boolean;
  watch?: boolean;
  deadline?: number;
  delay?: number;
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
    .option("--delay <ms>", "start no sooner than in so many milliseconds", parseMilliseconds)
    .option("--watch", "follow the run; exit code 0 only if it succeeds")
    .option("--json", "print JSON")
    .action(async (flow: string, options: SubmitOptions) => {
      const { parts, config } = context;
      const { database, identities, runs } = await parts.store();
      const { queue } = await parts.queueing();
      const deps = { db: database.kysely, catalogue: await parts.catalogue(), identities, runs, queue };
      const { identity, input, trace, deadline, delay, json } = options;
      const job = {
        project: context.project,
        flow,
        identityId: identity,
        trace: trace === true,
        ...(input === undefined ? {} : { input }),
        ...(deadline === undefined ? {} : { deadlineMs: deadline }),
      };
      const runId = await submitRun(deps, job, {
        attempts: config.attempts,
        ...(delay === undefined ? {} : { delayMs: delay }),
      });
      if (options.watch === true) return watch(context, runId, json === true);
      if (json === true) return context.json({ runId });
      context.print(`${green("✓")} queued as ${runId}`);
      context.print(dim(`  latchkey runs ${runId}`));
    });
}

/** Follows a run to its outcome. Ctrl-C ends the watching, not the run. */
async function watch(context: CliContext, runId: string, json: boolean): Promise<void> {
  const { database, runs } = await context.parts.store();
  const leaving = new AbortController();
  const onInterrupt = () => leaving.abort();
  process.once("SIGINT", onInterrupt);
  const progress = createProgress(context.stderr);
  try {
    for await (const { event } of watchRun(database, runId, { signal: leaving.signal })) {
      if (!json) progress.show(event);
    }
  } finally {
    progress.end();
    process.off("SIGINT", onInterrupt);
  }
  const { outcome, artifacts } = await runs.get(context.project, runId);
  process.exitCode = outcome?.status === "succeeded" ? 0 : 1;
  if (outcome === null) return context.print(dim(`The run goes on: latchkey runs ${runId}`));
  if (json) return context.json({ runId, ...outcome });
  printOutcome(context, { runId, outcome, artifacts });
}
