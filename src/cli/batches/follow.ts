import { watchBatch } from "../../job/batch/watch-batch.ts";
import type { CliContext } from "../context.ts";
import { createInterrupt } from "../interrupt.ts";
import { printBatch, progressText } from "./view.ts";

/** Shows a batch's progress until all of its runs have ended, and then what it came to. Ctrl-C ends the watching alone. */
export async function followBatch(context: CliContext, id: string, json: boolean): Promise<void> {
  const { database, batches } = await context.parts.store();
  const { stderr, project } = context;
  using interrupt = createInterrupt("The watching was ended.");
  const events = watchBatch({ database, batches }, { project, id }, interrupt.signal);
  for await (const event of events) {
    if (json || event.type !== "progress") continue;
    // In a terminal one line is written over; in a pipe each stays.
    stderr.write(stderr.isTTY ? `\r\u001b[2K  ${progressText(event)}` : `  ${progressText(event)}\n`);
  }
  if (stderr.isTTY && !json) stderr.write("\r\u001b[2K");
  const batch = await batches.get(project, id);
  const isWell = batch.endedAt !== null && batch.counts.failed === 0;
  process.exitCode = isWell ? 0 : (interrupt.exitCode ?? 1);
  if (json) return context.json(batch);
  printBatch(context, batch);
}
