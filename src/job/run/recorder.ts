import type { EmitRunEvent, RunEvent } from "../../events.ts";
import type { Artifact, StageRecord } from "../../outcome.ts";

/** Folds a run's events into what its row keeps: the stages with their times, and the artifacts. */
export interface Recorder {
  emit: EmitRunEvent;
  readonly stages: StageRecord[];
  readonly artifacts: Artifact[];
}

export function createRecorder(forward: EmitRunEvent, now: () => number = Date.now): Recorder {
  const stages: StageRecord[] = [];
  const artifacts: Artifact[] = [];

  function record(event: RunEvent): void {
    if (event.type === "artifact") artifacts.push(event.artifact);
    if (event.type === "stage" && event.status === "ended") {
      stages.push({
        name: event.stage,
        startedAt: now() - event.durationMs,
        durationMs: event.durationMs,
        ...(event.detail === undefined ? {} : { detail: event.detail }),
      });
    }
  }

  return {
    stages,
    artifacts,
    emit(event) {
      record(event);
      forward(event);
    },
  };
}
