import type { RunEvent } from "../../events.ts";
import type { FlowContext } from "../../flow.ts";
import { untilAborted } from "../../until-aborted.ts";

/** The step that was being worked on last; for the evidence of a run that failed in it. */
export interface StepTracker {
  readonly current: string | undefined;
  step: FlowContext["step"];
}

/** `step` for a flow: tells when each step starts and ends, and ends it at once when the run's signal is aborted. */
export function createSteps(signal: AbortSignal, emit: (event: RunEvent) => void): StepTracker {
  const open: string[] = [];
  let failed: string | undefined;

  return {
    get current() {
      return failed ?? open.at(-1);
    },
    async step(name, work) {
      const startedAt = performance.now();
      const sinceStart = () => Math.round(performance.now() - startedAt);
      open.push(name);
      emit({ type: "step", name, status: "started" });
      try {
        const result = await untilAborted(signal, work);
        // A step that a flow caught and survived is not the one the run failed in.
        failed = undefined;
        emit({ type: "step", name, status: "ended", durationMs: sinceStart() });
        return result;
      } catch (error) {
        failed ??= name;
        emit({ type: "step", name, status: "failed", durationMs: sinceStart() });
        throw error;
      } finally {
        open.splice(open.lastIndexOf(name), 1);
      }
    },
  };
}
