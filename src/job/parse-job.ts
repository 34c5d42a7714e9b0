import { z } from "zod";
import { Failure, type FailureDetail } from "../failure.ts";
import { type Job, jobSchema } from "./job.ts";
import { unstorable } from "./storable.ts";

/** Checks a job's data before anything is opened. @throws Failure `invalid_job` with every fault, never a value. */
export function parseJob(data: unknown): Job {
  const fault = unstorable(data);
  if (fault !== undefined) throw unusable([fault]);
  const parsed = jobSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw unusable(details);
}

function unusable(details: FailureDetail[]): Failure {
  const faults = details.map(({ path, message }) => `${path || "data"}: ${message}`);
  return new Failure("invalid_job", `The job's data is not usable: ${faults.join("; ")}.`, { details });
}

/** The input schema of a job as JSON Schema (draft 2020-12), for producers in other languages. */
export function jobJsonSchema(): unknown {
  return z.toJSONSchema(jobSchema, { io: "input" });
}
