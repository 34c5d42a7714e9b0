import { type JobJson, Worker } from "bullmq";

/**
 * BullMQ's worker, for queues that others write to: a job whose data is no JSON reaches the processor, with none,
 * where BullMQ would leave it with nobody until it is taken for what kills workers.
 */
export class TolerantWorker extends Worker {
  protected override createJob(data: JobJson, jobId: string): ReturnType<Worker["createJob"]> {
    try {
      return super.createJob(data, jobId);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return super.createJob({ ...data, data: "null" }, jobId);
    }
  }
}
