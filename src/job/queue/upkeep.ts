import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Lease, Leases } from "../../identity/leases/leases.ts";
import { forgetOldIdentities } from "../../identity/records/forget.ts";
import type { Logger } from "../../log.ts";
import type { RunStore } from "../record/runs.ts";
import type { RunQueue } from "./queue.ts";
import { reconcile } from "./reconcile.ts";

/** Looks after the runs that nobody works on; nothing of it is left once it is stopped. */
export interface Upkeep {
  stop(): Promise<void>;
}

/**
 * Brings the record and the queue together again, now and then, for as long as the worker runs: Redis may have been
 * restarted empty, a worker may have died between two steps, a wake-up may not have reached anybody. What visitors of
 * the connect page left half-made counts, or goes. Of all workers one does it.
 */
export function startUpkeep({
  db,
  runs,
  queue,
  leases,
  sweepVisits,
  leaseTtlMs,
  log,
}: {
  db: Kysely<Tables>;
  runs: RunStore;
  queue: RunQueue;
  leases: Pick<Leases, "tryAcquire">;
  /** Looks after visits to the connect page that were left. */
  sweepVisits: () => Promise<void>;
  leaseTtlMs: number;
  log: Logger;
}): Upkeep {
  let lease: Lease | null = null;
  let going: Promise<void> | undefined;

  async function go(): Promise<void> {
    try {
      if (lease === null || lease.lost.aborted) lease = await leases.tryAcquire("upkeep");
      // A run is settled once a worker that died with it, and its holds, are past.
      if (lease === null) return;
      await reconcile({ db, runs, queue, log, settledMs: 2 * leaseTtlMs });
      await sweepVisits();
      await forgetOldIdentities(db);
    } catch (error) {
      log.warn({ err: error }, "runs could not be looked after; trying again");
    } finally {
      going = undefined;
    }
  }

  const timer = setInterval(() => {
    going ??= go();
  }, leaseTtlMs);
  return {
    async stop() {
      clearInterval(timer);
      await going;
      await lease?.release();
    },
  };
}
