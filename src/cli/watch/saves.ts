import { Failure } from "../../failure.ts";

/** Files saved, and when, on the clock of `performance.now()`. */
export interface Saved {
  paths: ReadonlySet<string>;
  at: number;
}

/** Waits for a save that matters. */
export interface Follow extends Disposable {
  /** Aborted by it, with a Failure `cancelled`. */
  readonly signal: AbortSignal;
  readonly saved: Promise<Saved>;
}

export interface Saves {
  add(paths: ReadonlySet<string>, at: number): void;
  /** What was saved until now is read anyway. */
  forget(): void;
  /** Follows the saves since, and those to come, of which one path at least matters. */
  follow(matters: (path: string) => boolean): Follow;
}

export function createSaves(): Saves {
  let earlier: Saved[] = [];
  let follower: ((saved: Saved) => void) | undefined;
  return {
    add(paths, at) {
      earlier.push({ paths, at });
      follower?.({ paths, at });
    },
    forget() {
      earlier = [];
    },
    follow(matters) {
      const controller = new AbortController();
      const { promise, resolve } = Promise.withResolvers<Saved>();
      const look = (saved: Saved) => {
        if (![...saved.paths].some(matters)) return;
        controller.abort(new Failure("cancelled", "A newer save took this run's place."));
        resolve(saved);
      };
      follower = look;
      earlier.forEach(look);
      return {
        signal: controller.signal,
        saved: promise,
        [Symbol.dispose]() {
          follower = undefined;
        },
      };
    },
  };
}
