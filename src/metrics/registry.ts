import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import packageJson from "../../package.json" with { type: "json" };

export type Metrics = ReturnType<typeof createMetrics>;

const runBuckets = [0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_800];
const waitBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200];
const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

/**
 * Every metric of a process, in a registry of its own. Labels are of closed lists (codes, stages, states, routes):
 * no identity, no flow, no URL, no secret.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `latchkey_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `latchkey_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram({ name: `latchkey_${name}`, help, labelNames, buckets, registers });

  const metrics = {
    registry,

    // Counted in this process
    runsEnded: counter(
      "runs_ended_total",
      "Runs whose outcome this process recorded; `code` is a failure's, empty for a success.",
      ["outcome", "code"],
    ),
    runsPutBack: counter(
      "runs_put_back_total",
      "Runs given back to the queue: `deferred` (their identity was busy), `retrying` (a retryable failure), `returned` (the worker stopped).",
      ["why"],
    ),
    runsInFlight: gauge("runs_in_flight", "Runs this process works on now."),
    runSeconds: histogram(
      "run_duration_seconds",
      "From a worker's taking a run up to its outcome.",
      ["outcome"],
      runBuckets,
    ),
    runWaitSeconds: histogram(
      "run_wait_seconds",
      "From a run's being due to its first session: time in the queue and behind other runs of its identity.",
      [],
      waitBuckets,
    ),
    stageSeconds: histogram(
      "stage_duration_seconds",
      "Stages of runs; `result` is `ok` or `failed`.",
      ["stage", "result"],
      runBuckets,
    ),
    logins: counter(
      "logins_total",
      "How sessions came to be signed in: `saved_state`, `signed_in` (a login), `provider`, or the code of what failed.",
      ["result"],
    ),
    submits: counter("login_submits_total", "Submits of a password or a one-time code.", ["what"]),
    browsers: counter(
      "browsers_total",
      "Chromium processes: `started`, `died` (crashed or killed), `recycled` (replaced by plan), `ended`.",
      ["what"],
    ),
    browsersOpen: gauge("browsers_open", "Chromium processes of this process now."),
    contextsOpen: gauge(
      "browser_contexts_open",
      "Browser contexts of this process now, the spare one included.",
    ),
    webhookAttempts: counter(
      "webhook_attempts_total",
      "Attempts to deliver a webhook: `delivered`, `failed` (tried again later), `given_up`.",
      ["result"],
    ),
    webhookSeconds: histogram(
      "webhook_attempt_duration_seconds",
      "How long attempts to deliver a webhook took.",
      [],
      requestBuckets,
    ),
    requestSeconds: histogram(
      "http_request_duration_seconds",
      "Requests to the HTTP interface, by the route's pattern.",
      ["method", "route", "status"],
      requestBuckets,
    ),
    faults: counter(
      "faults_total",
      "Warnings and errors of the log that tell of trouble with what Latchkey stands on, by kind.",
      ["fault"],
    ),
    concurrency: gauge("worker_concurrency", "Runs this process may work on at a time; 0 without a worker."),
    build: gauge("build_info", "Always 1; the version is in the labels.", ["version", "node"]),

    // Asked of Postgres and the queue at each scrape: the same in every process, so take `max`, not `sum`
    runs: gauge("runs", "Runs that have not ended, by status.", ["status"]),
    oldestWaiting: gauge(
      "oldest_waiting_job_seconds",
      "How long the job next in turn has waited for a worker since it was due; 0 without one.",
    ),
    queueJobs: gauge("queue_jobs", "Jobs in the queue, by BullMQ's state.", ["state"]),
    leases: gauge("leases_held", "Leases held: `session` and `login` of identities, and others.", ["kind"]),
    sessions: gauge("sessions", "Browser sessions that were asked for and have not ended, by status.", [
      "status",
    ]),
    identities: gauge("identities", "Identities, by status.", ["status"]),
    webhookBacklog: gauge("webhook_backlog", "Webhooks not delivered yet, nor given up."),
    webhookBacklogAge: gauge("webhook_backlog_seconds", "Age of the oldest of them; 0 without one."),
    webhooksFailed: gauge("webhooks_given_up", "Webhooks given up, of those in the log."),
    schedulesLate: gauge(
      "schedule_late_seconds",
      "How long the schedule that is furthest behind should have come up; 0 where all are in time.",
    ),
    scheduleFires: gauge(
      "schedule_fires_last_hour",
      "Times of schedules in the last hour: `submitted`, `skipped`, `missed`, `refused`.",
      ["result"],
    ),
    identityHealth: gauge(
      "identity_health",
      "Identities by what the last health check found: `healthy`, `expiring`, `needs_attention`.",
      ["state"],
    ),
    clockOffset: gauge(
      "clock_offset_seconds",
      "How far this machine's clock is ahead of the database's; one-time codes depend on it.",
    ),
    diskFree: gauge("artifacts_free_bytes", "Free space where screenshots, traces and downloads go."),
    up: gauge("dependency_up", "1 if it answered this scrape, else 0: `database`, `queue`.", ["part"]),
  };
  metrics.build.set({ version: packageJson.version, node: process.version }, 1);
  metrics.concurrency.set(0);
  collectDefaultMetrics({ register: registry });
  return metrics;
}
