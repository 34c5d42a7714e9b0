/** A limit on the time that work may take, not on the time it waits for somebody. */
export interface TimeLimit extends Disposable {
  /** Aborted, with a `TimeoutError`, when the time is used up. */
  readonly signal: AbortSignal;
  /** What is left of the time, in milliseconds. */
  leftMs(): number;
  /** Stops the clock until what is returned is disposed of; pauses may overlap. */
  pause(): Disposable;
}

/** @param ms the time there is, in milliseconds, from now on */
export function createTimeLimit(ms: number): TimeLimit {
  const controller = new AbortController();
  let leftMs = ms;
  let runningSince = 0;
  let timer: NodeJS.Timeout | undefined;
  let pauses = 0;

  function run(): void {
    runningSince = performance.now();
    timer = setTimeout(
      () => controller.abort(new DOMException("The time was used up.", "TimeoutError")),
      leftMs,
    );
    timer.unref();
  }

  run();
  return {
    signal: controller.signal,
    leftMs: () =>
      Math.max(0, Math.round(pauses === 0 ? leftMs - (performance.now() - runningSince) : leftMs)),
    pause() {
      if (pauses === 0) {
        clearTimeout(timer);
        leftMs = Math.max(0, leftMs - (performance.now() - runningSince));
      }
      pauses += 1;
      let over = false;
      return {
        [Symbol.dispose]() {
          if (over) return;
          over = true;
          pauses -= 1;
          if (pauses === 0) run();
        },
      };
    },
    [Symbol.dispose]() {
      // What is still paused starts no clock any more.
      pauses = Number.POSITIVE_INFINITY;
      clearTimeout(timer);
    },
  };
}
