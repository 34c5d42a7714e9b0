import type { JobsOptions } from "bullmq";
import type { Logger } from "../../log.ts";
import { type JobInput, jobName } from "../job.ts";
import type { QueueBackend } from "./queue-backend.ts";

/** How long BullMQ keeps ended jobs, in seconds and in number; the run's row is what outlives them. */
const kept = { age: 24 * 3_600, count: 10_000 };

export interface EnqueueOptions {
  /** Attempts in all, the first included. */
  attempts: number;
  delayMs?: number;
  /** 1 is the most urgent; 0, the default, comes before all. */
  priority?: number;
  /** The trace that the run is to be part of, as BullMQ carries it. */
  trace?: string;
}

/** The queue of runs, from the producer's side. A run's id is its job's id, so the same run is queued once. */
export interface RunQueue {
  add(runId: string, job: JobInput, options: EnqueueOptions): Promise<void>;
  /** Adds jobs in one message. */
  addAll(jobs: readonly { runId: string; job: JobInput; options: EnqueueOptions }[]): Promise<void>;
  /** The active trace, for `EnqueueOptions.trace`; undefined where nothing is traced. */
  traceContext(): string | undefined;
  /** Takes a waiting or delayed job out; false when there is none, or a worker has it. */
  remove(jobId: string): Promise<boolean>;
  /** Ends a job's delay; nothing happens unless it is delayed. */
  promote(jobId: string): Promise<void>;
  /** BullMQ's word for the job's state, `unknown` where there is none, and why it failed. */
  look(jobId: string): Promise<{ state: string; failedReason?: string | undefined }>;
  /** When the job that has waited longest for a worker was due, epoch milliseconds; undefined when none waits. */
  oldestWaiting(): Promise<number | undefined>;
  /** Jobs by state, for metrics. */
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** Opens the producer's side. @throws Failure `queue_unavailable` is the backend's to throw, before this. */
export function openRunQueue(backend: QueueBackend, name: string, log: Logger): RunQueue {
  const queue = backend.queue(name);
  queue.on("error", (error) => log.warn({ err: error }, "queue error"));

  return {
    async add(runId, job, options) {
      await queue.add(jobName, { ...job, runId }, jobOptions(runId, options));
    },
    async addAll(jobs) {
      await queue.addBulk(
        jobs.map(({ runId, job, options }) => ({
          name: jobName,
          data: { ...job, runId },
          opts: jobOptions(runId, options),
        })),
      );
    },
    traceContext: () => backend.traceContext(),
    async remove(jobId) {
      try {
        return (await queue.remove(jobId)) > 0;
      } catch {
        // BullMQ throws where a worker holds the job's lock.
        return false;
      }
    },
    async promote(jobId) {
      const job = await queue.getJob(jobId);
      // Between looking and promoting the delay may have run out: then BullMQ throws, and all is well.
      if ((await job?.getState()) === "delayed") await job?.promote().catch(() => {});
    },
    async look(jobId) {
      const job = await queue.getJob(jobId);
      return { state: (await job?.getState()) ?? "unknown", failedReason: job?.failedReason };
    },
    async oldestWaiting() {
      const [oldest] = await queue.getJobs(["waiting", "prioritized"], 0, 0, true);
      return oldest === undefined ? undefined : oldest.timestamp + (oldest.opts.delay ?? 0);
    },
    counts: () => queue.getJobCounts(),
    close: () => queue.close(),
  };
}

function jobOptions(runId: string, { attempts, delayMs, priority, trace }: EnqueueOptions): JobsOptions {
  return {
    jobId: runId,
    attempts,
    // The worker works out each delay, because a site may name the wait.
    backoff: { type: "latchkey" },
    removeOnComplete: kept,
    removeOnFail: kept,
    // Stacks may quote a page; the queue is given our own text only.
    stackTraceLimit: 0,
    ...(delayMs === undefined ? {} : { delay: delayMs }),
    ...(priority === undefined ? {} : { priority }),
    ...(trace === undefined ? {} : { telemetry: { metadata: trace } }),
  };
}
