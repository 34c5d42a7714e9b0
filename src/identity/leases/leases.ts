import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { Fence } from "../types.ts";
import { type HeldLease, keepLeases } from "./lease-keeper.ts";
import { releaseLease, takeLease } from "./lease-rows.ts";
import { createTurns } from "./lease-turns.ts";

/** A hold on a name, of this process, until released or lost. */
export interface Lease extends AsyncDisposable {
  /** Hand it to every write that only the holder may make. */
  readonly fence: Fence;
  /** Aborts, with a Failure `lease_lost`, before another holder can be let in. */
  readonly lost: AbortSignal;
  /** Idempotent. Never throws: a release that does not reach Postgres happens by expiry. */
  release(): Promise<void>;
}

export interface Leases extends AsyncDisposable {
  /** A lease if one of the name's `slots` is free, else null. */
  tryAcquire(name: string, slots?: number): Promise<Lease | null>;
  /**
   * Waits for a lease, in the order of asking within this process.
   * @throws Failure `worker_stopping` on `close`; the signal's reason.
   */
  acquire(name: string, options?: { slots?: number; signal?: AbortSignal }): Promise<Lease>;
  /** Ends all waiting and releases what is held. Idempotent. */
  close(): Promise<void>;
}

export interface LeasesOptions {
  db: Database;
  /** Who holds: the worker's name, for people who read the table. */
  holder: string;
  /** How long a hold outlives its dead holder, in milliseconds. */
  ttlMs: number;
  log: Logger;
}

const channel = "latchkey_lease";

/**
 * Leases with fencing tokens, kept in Postgres: at most `slots` holders per name across all processes, and every
 * later holder has a higher token. Expiry goes by the database's clock.
 */
export function createLeases({ db, holder, ttlMs, log }: LeasesOptions): Leases {
  const keeper = keepLeases({ db, ttlMs, log });
  const closing = new AbortController();
  const stopped = () => new Failure("worker_stopping", "The worker is shutting down.");
  let hearing: Promise<AsyncDisposable> | undefined;

  async function tryAcquire(name: string, slots = 1): Promise<Lease | null> {
    closing.signal.throwIfAborted();
    // Counted from before the question: the database's clock cannot have started the lease any earlier.
    const askedAt = performance.now();
    const taken = await takeLease(db.kysely, { name, slots, holder, ttlMs });
    if (taken === null) return null;
    const held = keeper.keep(taken, askedAt);
    const lease = asLease(held);
    if (closing.signal.aborted) {
      await lease.release();
      throw stopped();
    }
    return lease;
  }

  function asLease(held: HeldLease): Lease {
    let releasing: Promise<void> | undefined;
    const release = () => (releasing ??= letGo(held));
    return {
      fence: { lease: held.name, token: held.token },
      lost: held.lost,
      release,
      [Symbol.asyncDispose]: release,
    };
  }

  async function letGo(held: HeldLease): Promise<void> {
    keeper.forget(held);
    try {
      await releaseLease(db.kysely, held, channel);
    } catch (err) {
      log.warn({ err, lease: held.name }, "a lease could not be released; it will expire");
    }
    turns.wake(held.name);
  }

  // A release that is not heard of (a dead holder, a broken connection) is found by asking again.
  const turns = createTurns({ pollMs: Math.min(5_000, Math.max(50, ttlMs / 3)) });

  async function acquire(
    name: string,
    { slots = 1, signal }: { slots?: number; signal?: AbortSignal } = {},
  ): Promise<Lease> {
    signal?.throwIfAborted();
    closing.signal.throwIfAborted();
    // Before the first look: a release between the look and the listening would go unheard.
    hearing ??= db
      .listen(
        channel,
        (released) => turns.wake(released),
        () => turns.wakeAll(),
      )
      .catch((error: unknown) => {
        hearing = undefined;
        throw error;
      });
    await hearing;
    const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
    return await turns.take(name, () => tryAcquire(name, slots), either);
  }

  async function close(): Promise<void> {
    closing.abort(stopped());
    const listening = await hearing?.catch(() => undefined);
    await listening?.[Symbol.asyncDispose]();
    await Promise.all(keeper.held().map((held) => letGo(held)));
    keeper.close();
  }

  let closed: Promise<void> | undefined;
  const closeOnce = () => (closed ??= close());
  return { tryAcquire, acquire, close: closeOnce, [Symbol.asyncDispose]: closeOnce };
}
