import { collectEvidence } from "../../browser/evidence.ts";
import { type Failure, type FailureCode, toFailure } from "../../failure.ts";
import { type FailedOutcome, failedOutcome } from "../../outcome.ts";
import type { FlowRun } from "./run-context.ts";

/** Failures that say nothing about the page: no evidence is taken, and nothing may hold up the answer. */
const withoutEvidence: ReadonlySet<FailureCode> = new Set([
  "identity_busy",
  "worker_stopping",
  "lease_lost",
  "browser_crashed",
]);

/** How long taking evidence may hold up a cancelled run, which is promised to stop within two seconds; in milliseconds. */
const cancelledEvidenceMs = 1_000;

/** The outcome of a run that threw: its code, and what there is to see. */
export async function failRun(run: FlowRun, error: unknown): Promise<FailedOutcome> {
  const { deps, evidence, watched } = run;
  const failure: Failure = toFailure(run.signal.aborted ? run.signal.reason : error);
  const log = deps.log.child({ code: failure.code });
  if (failure.code === "internal_error") log.error({ err: failure }, "run failed");
  else log.info({ reason: failure.message }, "run failed");

  if (watched !== undefined && !withoutEvidence.has(failure.code)) {
    const { artifact, ...seen } = await collectEvidence({
      page: watched.session.page,
      artifacts: deps.artifacts,
      runId: run.id,
      redactor: run.known.redactor,
      consoleErrors: watched.consoleErrors(),
      ...(failure.code === "cancelled" ? { withinMs: cancelledEvidenceMs } : {}),
    });
    Object.assign(evidence, seen);
    if (artifact !== undefined) deps.emit({ type: "artifact", artifact });
  }
  return failedOutcome(failure, evidence);
}
