import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import { type LeaseRow, renewLeases, sweepLeases } from "./lease-rows.ts";

/** A lease this process believes it holds. */
export interface HeldLease extends LeaseRow {
  lost: AbortSignal;
}

interface Kept extends HeldLease {
  aborter: AbortController;
  /** `performance.now()` from which we no longer rely on it. */
  trustedUntil: number;
}

/** Renews every lease of the process, and gives up those that could not be renewed in time. */
export interface LeaseKeeper {
  keep(lease: LeaseRow, askedAt: number): HeldLease;
  forget(lease: LeaseRow): void;
  held(): HeldLease[];
  close(): void;
}

const sweepEveryMs = 3_600_000;

/**
 * One timer for all leases, ticking ten times per life of a lease. Each tick first gives up what is overdue — by the
 * local monotonic clock, so it also happens when Postgres cannot be reached or a renewal hangs —, then renews, once a
 * third of the life is over, all the rest in one statement. A lease is trusted for four fifths of its life, counted
 * from before the statement that gave it, so `lost` comes at least a tenth of its life before anyone else is let in.
 */
export function keepLeases({ db, ttlMs, log }: { db: Database; ttlMs: number; log: Logger }): LeaseKeeper {
  const kept = new Map<bigint, Kept>();
  const trustMs = ttlMs * 0.8;
  let renewedAt = performance.now();
  let sweptAt = performance.now();
  /** When the renewal began that has not ended; a fifth of a life later it counts as hung, and another is tried. */
  let renewingSince = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function lose(lease: Kept, why: string): void {
    kept.delete(lease.token);
    log.warn({ lease: lease.name }, "a lease was lost");
    lease.aborter.abort(new Failure("lease_lost", `The hold on ${lease.name} was lost: ${why}.`));
  }

  async function renew(): Promise<void> {
    const asked = [...kept.values()];
    const askedAt = performance.now();
    renewingSince = askedAt;
    try {
      const renewed = await renewLeases(db.kysely, asked, ttlMs);
      renewedAt = Math.max(renewedAt, askedAt);
      for (const lease of asked) {
        if (renewed.has(lease.token)) lease.trustedUntil = Math.max(lease.trustedUntil, askedAt + trustMs);
        // One that was released meanwhile is no longer kept, and not lost.
        else if (kept.has(lease.token)) lose(lease, "it had expired when it was to be renewed");
      }
    } catch (err) {
      log.warn({ err, leases: asked.length }, "leases could not be renewed; trying again");
    } finally {
      if (renewingSince === askedAt) renewingSince = Number.NEGATIVE_INFINITY;
    }
  }

  function tick(): void {
    const now = performance.now();
    for (const lease of kept.values()) {
      if (now >= lease.trustedUntil) lose(lease, "Postgres could not be asked to renew it in time");
    }
    if (kept.size === 0) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    if (now - renewedAt >= ttlMs / 3 && now - renewingSince >= ttlMs / 5) void renew();
    if (now - sweptAt >= sweepEveryMs) {
      sweptAt = now;
      sweepLeases(db.kysely).catch((err: unknown) => log.warn({ err }, "old leases could not be swept"));
    }
  }

  return {
    keep(lease, askedAt) {
      const aborter = new AbortController();
      const held: Kept = { ...lease, aborter, lost: aborter.signal, trustedUntil: askedAt + trustMs };
      kept.set(lease.token, held);
      if (timer === undefined) {
        renewedAt = askedAt;
        timer = setInterval(tick, ttlMs / 10);
      }
      return held;
    },
    forget: ({ token }) => void kept.delete(token),
    held: () => [...kept.values()],
    close: () => clearInterval(timer),
  };
}
