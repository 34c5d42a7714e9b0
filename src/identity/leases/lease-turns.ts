/** Waiting for names: one look at a time per name, first come first served within this process. */
export interface Turns {
  /** Calls `look` when it is this one's turn, and again whenever woken, until it gives something. */
  take<T>(name: string, look: () => Promise<T | null>, signal: AbortSignal): Promise<T>;
  /** Something of this name may be free now. */
  wake(name: string): void;
  wakeAll(): void;
}

interface Line {
  /** Those who wait, first the one whose turn it is. */
  waiting: { wake: () => void }[];
}

/**
 * Only the first in a line looks, so that a release wakes one query per process and not one per waiter.
 * `pollMs` is how often it looks without being woken.
 */
export function createTurns({ pollMs }: { pollMs: number }): Turns {
  const lines = new Map<string, Line>();

  const wake = (name: string) => lines.get(name)?.waiting[0]?.wake();

  async function take<T>(name: string, look: () => Promise<T | null>, signal: AbortSignal): Promise<T> {
    const line = lines.get(name) ?? { waiting: [] };
    lines.set(name, line);
    const bell = createBell();
    line.waiting.push(bell);
    const onAbort = () => bell.wake();
    signal.addEventListener("abort", onAbort);
    const poll = setInterval(bell.wake, pollMs);
    try {
      for (;;) {
        signal.throwIfAborted();
        const rung = bell.rung();
        if (line.waiting[0] === bell) {
          const found = await look();
          if (found !== null) return found;
        }
        await rung;
      }
    } finally {
      clearInterval(poll);
      signal.removeEventListener("abort", onAbort);
      line.waiting.splice(line.waiting.indexOf(bell), 1);
      if (line.waiting.length === 0) lines.delete(name);
      else wake(name);
    }
  }

  return {
    take,
    wake,
    wakeAll: () => {
      for (const name of lines.keys()) wake(name);
    },
  };
}

/** `rung()` is taken before looking: a wake during the look then still ends the wait after it. */
function createBell(): { wake: () => void; rung: () => Promise<void> } {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    wake: () => resolve(),
    rung() {
      ({ promise, resolve } = Promise.withResolvers<void>());
      return promise;
    },
  };
}
