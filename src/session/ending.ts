import { Failure } from "../failure.ts";
import type { SessionEnd } from "./types.ts";

/** The end of a session, whenever it comes and whoever wants it. */
export interface Ending {
  /** Resolves when the session is over. */
  readonly over: Promise<SessionEnd>;
  /** Aborted when it is over. */
  readonly signal: AbortSignal;
  /** Aborted when it is over before it was handed out: signing in is given up. */
  readonly unwanted: AbortSignal;
  readonly by: SessionEnd | undefined;
  readonly wasHandedOut: boolean;
  end(reason: SessionEnd): void;
  handOut(): void;
  /** @throws Failure of why it is over */
  throwIfOver(): void;
}

/** How a session ends: before it is handed out its signing in is given up, after that whoever holds it is told. */
export function createEnding(): Ending {
  const { promise: over, resolve } = Promise.withResolvers<SessionEnd>();
  const ended = new AbortController();
  const unwanted = new AbortController();
  let by: SessionEnd | undefined;
  let wasHandedOut = false;
  return {
    over,
    signal: ended.signal,
    unwanted: unwanted.signal,
    get by() {
      return by;
    },
    get wasHandedOut() {
      return wasHandedOut;
    },
    end(reason: SessionEnd) {
      by = reason;
      if (!wasHandedOut) unwanted.abort(givenUp(reason));
      resolve(reason);
      ended.abort();
    },
    handOut() {
      wasHandedOut = true;
    },
    throwIfOver() {
      if (by !== undefined) throw givenUp(by);
    },
  };
}

function givenUp(by: SessionEnd): Failure {
  if (by === "browser died")
    return new Failure("browser_crashed", "The browser died while it was signed in.");
  if (by === "service stopped") return new Failure("worker_stopping", "The service is stopping.");
  return new Failure("cancelled", "The session was given up while it was opened.");
}
