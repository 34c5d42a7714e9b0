import { statfs } from "node:fs/promises";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { RunQueue } from "../job/queue/queue.ts";
import type { Metrics } from "./registry.ts";

export interface CollectDeps {
  db: Kysely<Tables>;
  queue: Pick<RunQueue, "counts" | "oldestWaiting">;
  /** Where artifacts are kept. */
  artifactsDir: string;
}

/** How long a part may take to answer a scrape, in milliseconds: Prometheus waits for 10 s. */
const timeoutMs = 4_000;

const statuses = ["queued", "deferred", "running", "waiting_for_code"];

/**
 * Asks Postgres, the queue and the disk, for one scrape. What does not answer in time is `dependency_up 0`, and what it
 * would have told is left out rather than told as of old.
 */
export async function collect(metrics: Metrics, deps: CollectDeps): Promise<void> {
  const { runs, leases, sessions, identities, scheduleFires, identityHealth, queueJobs } = metrics;
  const { webhookBacklog, webhookBacklogAge, webhooksFailed, clockOffset, schedulesLate } = metrics;
  await Promise.all([
    part(metrics, {
      name: "database",
      ask: () => askDatabase(metrics, deps.db),
      labelled: [runs, leases, sessions, identities, scheduleFires, identityHealth],
      plain: [webhookBacklog, webhookBacklogAge, webhooksFailed, clockOffset, schedulesLate],
    }),
    part(metrics, {
      name: "queue",
      ask: () => askQueue(metrics, deps.queue),
      labelled: [queueJobs],
      plain: [metrics.oldestWaiting],
    }),
    statfs(deps.artifactsDir).then(
      ({ bavail, bsize }) => metrics.diskFree.set(bavail * bsize),
      // Made by the first artifact.
      () => metrics.diskFree.remove(),
    ),
  ]);
}

async function part(
  metrics: Metrics,
  {
    name,
    ask,
    labelled,
    plain,
  }: {
    name: "database" | "queue";
    ask: () => Promise<() => void>;
    labelled: readonly { reset(): void }[];
    plain: readonly { remove(): void }[];
  },
): Promise<void> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => silence.reject(new Error("It did not answer.")), timeoutMs);
  try {
    const asking = ask();
    asking.catch(() => {});
    const set = await Promise.race([asking, silence.promise]);
    for (const gauge of labelled) gauge.reset();
    set();
    metrics.up.set({ part: name }, 1);
  } catch {
    for (const gauge of labelled) gauge.reset();
    for (const gauge of plain) gauge.remove();
    metrics.up.set({ part: name }, 0);
  } finally {
    clearTimeout(timer);
  }
}

interface Figures {
  runs: Record<string, number> | null;
  leases: Record<string, number> | null;
  identities: Record<string, number> | null;
  sessions: Record<string, number> | null;
  backlog: string;
  backlog_age: string | null;
  given_up: string;
  late: string | null;
  fires: Record<string, number> | null;
  health: Record<string, number> | null;
  now: Date;
}

async function askDatabase(metrics: Metrics, db: Kysely<Tables>): Promise<() => void> {
  const askedAt = Date.now();
  const { rows } = await sql<Figures>`
    select
      (select json_object_agg(status, n) from (
        select status, count(*) as n from runs where ended_at is null group by status) s) as runs,
      (select json_object_agg(kind, n) from (
        select split_part(name, ':', 1) as kind, count(*) as n from leases
        where expires_at > now() group by 1) l) as leases,
      (select json_object_agg(status, n) from (
        select status, count(*) as n from identities
        where visit_id is null group by status) i) as identities,
      (select json_object_agg(status, n) from (
        select status, count(*) as n from sessions where ended_at is null group by status) b) as sessions,
      (select count(*) from webhook_deliveries where status = 'pending') as backlog,
      (select extract(epoch from now() - min(created_at)) from webhook_deliveries
        where status = 'pending') as backlog_age,
      (select count(*) from webhook_deliveries where status = 'failed') as given_up,
      (select extract(epoch from now() - min(next_at)) from schedules where not paused) as late,
      (select json_object_agg(result, n) from (
        select result, count(*) as n from schedule_fires
        where at > now() - interval '1 hour' group by result) f) as fires,
      (select json_object_agg(state, n) from (
        select state, count(*) as n from (
          select distinct on (identity_id) state from identity_health
          where identity_id not in (select id from identities where visit_id is not null)
          order by identity_id, id desc) last
        group by state) h) as health,
      clock_timestamp() as now
  `.execute(db);
  const answeredAt = Date.now();
  return () => {
    const [row] = rows;
    if (row === undefined) return;
    for (const status of statuses) metrics.runs.set({ status }, Number(row.runs?.[status] ?? 0));
    for (const kind of ["session", "login"]) metrics.leases.set({ kind }, 0);
    for (const [kind, count] of Object.entries(row.leases ?? {})) metrics.leases.set({ kind }, count);
    for (const status of ["authenticating", "running"])
      metrics.sessions.set({ status }, row.sessions?.[status] ?? 0);
    for (const [status, count] of Object.entries(row.identities ?? {}))
      metrics.identities.set({ status }, count);
    metrics.webhookBacklog.set(Number(row.backlog));
    metrics.webhookBacklogAge.set(Number(row.backlog_age ?? 0));
    metrics.webhooksFailed.set(Number(row.given_up));
    metrics.schedulesLate.set(Math.max(0, Number(row.late ?? 0)));
    for (const result of ["submitted", "skipped", "missed", "refused"])
      metrics.scheduleFires.set({ result }, row.fires?.[result] ?? 0);
    for (const state of ["healthy", "expiring", "needs_attention"])
      metrics.identityHealth.set({ state }, row.health?.[state] ?? 0);
    metrics.clockOffset.set(((askedAt + answeredAt) / 2 - row.now.getTime()) / 1_000);
  };
}

async function askQueue(metrics: Metrics, queue: CollectDeps["queue"]): Promise<() => void> {
  const [counts, dueAt] = await Promise.all([queue.counts(), queue.oldestWaiting()]);
  return () => {
    metrics.oldestWaiting.set(dueAt === undefined ? 0 : Math.max(0, Date.now() - dueAt) / 1_000);
    for (const [state, count] of Object.entries(counts)) metrics.queueJobs.set({ state }, count);
  };
}
