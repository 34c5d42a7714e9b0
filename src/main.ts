import { sql } from "kysely";
import { createApp } from "./http/app.ts";
import { requeueForgotten } from "./job/reconcile.ts";
import { startWorker } from "./job/worker.ts";
import type { Parts } from "./parts.ts";

export type Role = "worker" | "server";

/** The running service. */
export interface Service {
  /** Where the server listens, or undefined without one. */
  readonly url: string | undefined;
  /** Stops what was started, in reverse; a second call with a shorter grace shortens the first one's. */
  stop(graceMs: number): Promise<void>;
}

/** Starts the roles this process plays; what they stand on is the parts' to close. */
export async function startService(parts: Parts, roles: ReadonlySet<Role>): Promise<Service> {
  const { config, log } = parts;
  const { database, identities, leases, runs } = await parts.store();
  const { backend, queue } = await parts.queueing();
  const stops: ((graceMs: number) => Promise<void>)[] = [];
  let url: string | undefined;

  if (roles.has("server")) {
    const readiness = {
      database: () => sql`select 1`.execute(database.kysely),
      queue: () => queue.counts(),
    };
    const app = createApp({ log, readiness });
    url = await app.listen({ host: config.host, port: config.port });
    stops.push(() => app.close());
  }
  if (roles.has("worker")) {
    const catalogue = await parts.catalogue();
    const { pool, openSession } = await parts.browsers();
    await pool.warmUp();
    await requeueForgotten({ runs, queue, log });
    const worker = await startWorker({
      db: database.kysely,
      database,
      backend,
      queue,
      runs,
      worker: parts.processName,
      queueName: config.queueName,
      concurrency: config.concurrency,
      leaseTtlMs: config.leaseTtlMs,
      retryDelayMs: config.retryDelayMs,
      run: {
        catalogue,
        identities,
        leases,
        openSession,
        artifacts: parts.artifacts,
        log,
        runDeadlineMs: config.runDeadlineMs,
        loginTimeoutMs: config.loginTimeoutMs,
      },
    });
    stops.push((graceMs) => worker.stop(graceMs));
  }
  log.info({ roles: [...roles], queue: backend.kind, embedded: database.embedded, url }, "latchkey is up");

  return {
    url,
    async stop(graceMs) {
      for (const stop of stops.toReversed()) await stop(graceMs);
    },
  };
}
