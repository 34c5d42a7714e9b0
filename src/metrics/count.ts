import type { RunEvent } from "../events.ts";
import type { Observation, Observer } from "../observe.ts";
import type { Outcome } from "../outcome.ts";
import { faults } from "./faults.ts";
import type { Metrics } from "./registry.ts";

/** A run on its way in this process. */
interface RunUnderWay {
  takenUpAt: number;
  /** When it was due, epoch milliseconds; undefined once its waiting was counted. */
  dueAt: number | undefined;
}

/** Counts what is observed. */
export function countInto(metrics: Metrics, now: () => number = Date.now): Observer {
  const underWay = new Map<string, RunUnderWay>();

  function countEvent(runId: string, event: RunEvent): void {
    const run = underWay.get(runId);
    if (event.type === "stage" && event.status === "ended") {
      const result = event.failed === true ? "failed" : "ok";
      metrics.stageSeconds.observe({ stage: event.stage, result }, event.durationMs / 1_000);
    } else if (event.type === "stage" && event.stage === "session" && run?.dueAt !== undefined) {
      metrics.runWaitSeconds.observe(Math.max(0, now() - run.dueAt) / 1_000);
      run.dueAt = undefined;
    } else if (event.type === "login") {
      metrics.logins.inc({ result: event.result });
      metrics.submits.inc({ what: "password" }, event.submits.password);
      metrics.submits.inc({ what: "code" }, event.submits.code);
    } else if (event.type === "deferred" || event.type === "retrying" || event.type === "returned") {
      metrics.runsPutBack.inc({ why: event.type });
    }
  }

  function countLeft(runId: string, outcome: Outcome | undefined): void {
    const run = underWay.get(runId);
    underWay.delete(runId);
    metrics.runsInFlight.set(underWay.size);
    if (run !== undefined && outcome !== undefined)
      metrics.runSeconds.observe({ outcome: outcome.status }, (now() - run.takenUpAt) / 1_000);
  }

  function countBrowser(what: Extract<Observation, { type: "browser" }>["what"]): void {
    if (what === "context_opened") return metrics.contextsOpen.inc();
    if (what === "context_closed") return metrics.contextsOpen.dec();
    metrics.browsers.inc({ what });
    if (what === "started") metrics.browsersOpen.inc();
    if (what === "ended") metrics.browsersOpen.dec();
  }

  return {
    observe(observation) {
      switch (observation.type) {
        case "run_taken_up":
          underWay.set(observation.runId, { takenUpAt: now(), dueAt: observation.submittedAt });
          metrics.runsInFlight.set(underWay.size);
          return;
        case "run_event":
          return countEvent(observation.runId, observation.event);
        case "run_left":
          return countLeft(observation.runId, observation.outcome);
        case "run_recorded": {
          const { outcome } = observation;
          const code = outcome.status === "failed" ? outcome.code : "";
          return metrics.runsEnded.inc({ outcome: outcome.status, code });
        }
        case "browser":
          return countBrowser(observation.what);
        case "webhook_attempt":
          metrics.webhookAttempts.inc({ result: observation.result });
          return metrics.webhookSeconds.observe(observation.durationMs / 1_000);
        case "http_request": {
          const { method, route, status, durationMs } = observation;
          return metrics.requestSeconds.observe({ method, route, status }, durationMs / 1_000);
        }
        case "logged": {
          const fault = Object.hasOwn(faults, observation.message) ? faults[observation.message] : undefined;
          if (fault !== undefined) metrics.faults.inc({ fault });
        }
      }
    },
  };
}
