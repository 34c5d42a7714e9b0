import {
  createPostgresBackend,
  createRedisBackend,
  type JobSchedulerTemplateOptions,
  type JobsOptions,
  type JobType,
  Queue,
  type QueueOptions,
  runMigrations,
  type Telemetry,
  Worker,
  type WorkerOptions,
} from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { Secret } from "../../secret.ts";
import type { JobInput } from "../job.ts";
import { TolerantWorker } from "./tolerant-worker.ts";

/** Connections BullMQ may hold per queue or worker on Postgres, besides the one it listens on. */
const poolSize = 4;
const connectTimeoutMs = 10_000;

/** What we use of BullMQ's Queue, whichever backend it is on. */
export interface BullQueue {
  add(name: string, data: JobInput, options: JobsOptions): Promise<unknown>;
  addBulk(jobs: { name: string; data: JobInput; opts: JobsOptions }[]): Promise<unknown>;
  getJob(id: string): Promise<BullJob | undefined>;
  remove(id: string): Promise<number>;
  getJobCounts(): Promise<Record<string, number>>;
  upsertJobScheduler(
    id: string,
    repeat: { pattern: string },
    template: { name: string; data: Record<string, string>; opts: JobSchedulerTemplateOptions },
  ): Promise<{ id?: string | undefined } | undefined>;
  getJobSchedulers(): Promise<{ key: string; pattern?: string; next?: number }[]>;
  removeJobScheduler(id: string): Promise<boolean>;
  getJobs(types: JobType[], start: number, end: number, asc: boolean): Promise<BullJob[]>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** What we use of BullMQ's Job, whichever backend it is on. */
export interface BullJob {
  id?: string | undefined;
  name: string;
  data: unknown;
  opts: JobsOptions;
  attemptsMade: number;
  failedReason?: string | undefined;
  /** When it was added, epoch milliseconds. */
  timestamp: number;
  getState(): Promise<string>;
  promote(): Promise<void>;
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
  moveToWait(token?: string): Promise<number>;
}

/** What we use of BullMQ's Worker, whichever backend it is on. */
export interface BullWorker {
  run(): Promise<void>;
  pause(doNotWaitActive?: boolean): Promise<void>;
  close(): Promise<void>;
  waitUntilReady(): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "stalled", listener: (jobId: string) => void): unknown;
  on(event: "lockRenewalFailed", listener: (jobIds: string[]) => void): unknown;
}

export type BullProcessor = (
  job: BullJob,
  token: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<unknown>;

/** Where BullMQ keeps its jobs. The only place that knows which. */
export interface QueueBackend {
  readonly kind: "redis" | "postgres";
  queue(name: string, options?: Omit<QueueOptions, "connection">): BullQueue;
  worker(name: string, processor: BullProcessor, options: Omit<WorkerOptions, "connection">): BullWorker;
  /** The active trace as BullMQ carries it with a job; undefined where nothing is traced. */
  traceContext(): string | undefined;
  close(): Promise<void>;
}

/**
 * Redis when its URL is given, else the Postgres that holds everything else.
 * @throws Failure `queue_unavailable`
 */
export function openQueueBackend(options: {
  redisUrl: Secret | undefined;
  databaseUrl: Secret;
  log: Logger;
  /** Carries traces along with jobs. */
  telemetry?: Telemetry | undefined;
}): Promise<QueueBackend> {
  return options.redisUrl === undefined
    ? onPostgres(options.databaseUrl, options.telemetry)
    : onRedis(options.redisUrl, options.log, options.telemetry);
}

async function onRedis(url: Secret, log: Logger, telemetry: Telemetry | undefined): Promise<QueueBackend> {
  const traced = telemetry === undefined ? {} : { telemetry };
  // BullMQ's blocking commands must be able to wait for ever, hence no limit of retries per request.
  const connection = new Redis(url.reveal(), {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    connectTimeout: connectTimeoutMs,
  });
  connection.on("error", (error) => log.warn({ err: error }, "redis connection error"));
  try {
    await withTimeout(connection.connect());
  } catch (cause) {
    connection.disconnect();
    throw new Failure("queue_unavailable", "Redis did not answer at REDIS_URL.", { cause });
  }
  return {
    kind: "redis",
    traceContext: () => activeTrace(telemetry),
    queue: (name, options) => new Queue(name, { ...options, ...traced, connection }, createRedisBackend),
    worker: (name, processor, options) =>
      new TolerantWorker(name, processor, { ...options, ...traced, connection }, createRedisBackend),
    async close() {
      await connection.quit().catch(() => connection.disconnect());
    },
  };
}

async function onPostgres(url: Secret, telemetry: Telemetry | undefined): Promise<QueueBackend> {
  const traced = telemetry === undefined ? {} : { telemetry };
  const connection = {
    connectionString: url.reveal(),
    max: poolSize,
    keepAlive: true,
    application_name: "latchkey queue",
  };
  const client = new pg.Client({
    connectionString: url.reveal(),
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: "latchkey queue",
  });
  try {
    await client.connect();
    await runMigrations(client);
  } catch (cause) {
    throw new Failure("queue_unavailable", "The queue's tables could not be prepared in Postgres.", {
      cause,
    });
  } finally {
    await client.end().catch(() => {});
  }
  return {
    kind: "postgres",
    traceContext: () => activeTrace(telemetry),
    queue: (name, options) => new Queue(name, { ...options, ...traced, connection }, createPostgresBackend),
    worker: (name, processor, options) =>
      new Worker(name, processor, { ...options, ...traced, connection }, createPostgresBackend),
    async close() {},
  };
}

function activeTrace(telemetry: Telemetry | undefined): string | undefined {
  if (telemetry === undefined) return undefined;
  const { contextManager } = telemetry;
  const carried = contextManager.getMetadata(contextManager.active());
  return carried === "{}" ? undefined : carried;
}

async function withTimeout(work: Promise<unknown>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("timed out")), connectTimeoutMs);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
