import type { EmitRunEvent } from "../../events.ts";
import type { StageName } from "../../outcome.ts";

/** Runs one stage of a run and tells when it starts and ends. */
export type Stage = <T>(
  name: StageName,
  work: () => Promise<T>,
  detail?: (result: T) => string,
) => Promise<T>;

/** A `Stage` that reports through `emit`. A stage that throws is reported as ended too: its time was spent. */
export function createStage(signal: AbortSignal, emit: EmitRunEvent): Stage {
  return async (name, work, detail) => {
    signal.throwIfAborted();
    const startedAt = performance.now();
    emit({ type: "stage", stage: name, status: "started" });
    let text: string | undefined;
    let failed = true;
    try {
      const result = await work();
      text = detail?.(result);
      failed = false;
      return result;
    } finally {
      const durationMs = Math.round(performance.now() - startedAt);
      emit({
        type: "stage",
        stage: name,
        status: "ended",
        durationMs,
        ...(text === undefined ? {} : { detail: text }),
        ...(failed ? { failed } : {}),
      });
    }
  };
}
