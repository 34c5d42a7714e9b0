import type { RunEvent } from "./events.ts";
import type { Outcome } from "./outcome.ts";

/** What happens in this process that an operator counts or traces. Holds no secret, and no name of an identity. */
export type Observation =
  /** A worker of this process took a run up. */
  | { type: "run_taken_up"; runId: string; flow: string; submittedAt: number }
  | { type: "run_event"; runId: string; event: RunEvent }
  /** This process works on it no longer: it ended, went back to the queue, or was lost. */
  | { type: "run_left"; runId: string; outcome: Outcome | undefined }
  /** An outcome was recorded, once per run, by whoever recorded it. */
  | { type: "run_recorded"; outcome: Outcome }
  | { type: "browser"; what: "started" | "died" | "recycled" | "ended" | "context_opened" | "context_closed" }
  | { type: "webhook_attempt"; result: "delivered" | "failed" | "given_up"; durationMs: number }
  | { type: "http_request"; method: string; route: string; status: number; durationMs: number }
  /** A line of the log, by its constant message; flows write lines too. */
  | { type: "logged"; message: string };

/** Somebody who is told. What it throws is nobody's concern: watching breaks no work. */
export interface Observer {
  observe(observation: Observation): void;
  /** Added to each line of the log written meanwhile. */
  logFields?(): Readonly<Record<string, string>>;
}

/** Tells an observation to all observers. Never throws. */
export type Tell = (observation: Observation) => void;

/** The observers of one process. */
export interface Observers {
  tell: Tell;
  add(observer: Observer): Disposable;
  logFields(): Readonly<Record<string, string>>;
}

export function createObservers(): Observers {
  const observers = new Set<Observer>();
  return {
    tell(observation) {
      for (const observer of observers) {
        try {
          observer.observe(observation);
        } catch {
          // Nothing may be logged here: the log is one of those that tell.
        }
      }
    },
    add(observer) {
      observers.add(observer);
      return { [Symbol.dispose]: () => void observers.delete(observer) };
    },
    logFields: () => Object.assign({}, ...[...observers].map((observer) => observer.logFields?.() ?? {})),
  };
}

/** For what is built without observers. */
export const untold: Tell = () => {};
