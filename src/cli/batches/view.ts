import type { Batch } from "../../job/batch/batches.ts";
import type { CliContext } from "../context.ts";
import { counted } from "../format.ts";

/** How far it has come, in a line: "12 of 40 ended, 1 failed, 4 running". */
export function progressText({ total, counts }: Pick<Batch, "total" | "counts">): string {
  const ended = counts.succeeded + counts.failed;
  const parts = [
    `${ended.toLocaleString("en")} of ${counted(total, "run", "runs")} ended`,
    ...(counts.failed === 0 ? [] : [`${counts.failed.toLocaleString("en")} failed`]),
    ...(counts.running === 0 ? [] : [`${counts.running} running`]),
    ...(counts.waiting_for_code === 0 ? [] : [`${counts.waiting_for_code} waiting for a code`]),
  ];
  return parts.join(", ");
}

/** What a batch came to, or has come to so far. */
export function printBatch({ print, style }: CliContext, batch: Batch): void {
  const mark =
    batch.endedAt === null ? style.cyan("…") : batch.counts.failed === 0 ? style.green("✓") : style.red("✗");
  print(`${mark} ${progressText(batch)}  ${style.dim(batch.id)}`);
  for (const [code, runs] of Object.entries(batch.failures)) {
    print(`  ${style.red(code)}  ${runs.toLocaleString("en")}`);
  }
}
