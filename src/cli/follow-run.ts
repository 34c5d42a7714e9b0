import { watchRun } from "../job/record/watch-run.ts";
import type { CliContext } from "./context.ts";
import { createInterrupt } from "./interrupt.ts";
import { printOutcome } from "./outcome.ts";
import { createProgress } from "./progress.ts";

/** Shows a queued run's progress until it has ended, and then what it came to. Ctrl-C ends the watching, not the run. */
export async function followRun(context: CliContext, runId: string, json: boolean): Promise<void> {
  const { database, runs } = await context.parts.store();
  using interrupt = createInterrupt("The watching was ended.");
  using progress = createProgress(context.stderr, {
    quiet: json,
    interrupted: interrupt.signal,
    runId,
  });
  for await (const { event } of watchRun(database, runId, { signal: interrupt.signal })) progress.show(event);
  progress.end();

  const { outcome, artifacts } = await runs.get(context.project, runId);
  process.exitCode = outcome?.status === "succeeded" ? 0 : (interrupt.exitCode ?? 1);
  if (json) return context.json({ runId, ...outcome });
  if (outcome === null) return context.print(`The run goes on: latchkey runs ${runId}`);
  printOutcome(context, { runId, outcome, artifacts });
}
