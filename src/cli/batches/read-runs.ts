import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { Failure, type FailureDetail } from "../../failure.ts";
import type { BatchRequest } from "../../job/batch/submit-batch.ts";
import { jobSchema } from "../../job/job.ts";
import { unstorable } from "../../job/storable.ts";

/** A line of the file: a job, and how it is to be queued. */
const lineSchema = jobSchema.omit({ project: true, runId: true, scheduleId: true }).extend({
  attempts: z.int().min(1).max(100).optional(),
  delayMs: z.int().min(0).optional(),
  priority: z.int().min(0).optional(),
});

/**
 * Reads the runs of a batch from JSON Lines, one job a line; `-` is standard input.
 * @throws Failure `invalid_argument` naming the lines at fault
 */
export async function readRuns(
  file: string,
  { project, attempts, stdin }: { project: string; attempts: number; stdin: NodeJS.ReadableStream },
): Promise<BatchRequest["runs"]> {
  const content = await (file === "-" ? text(stdin) : readFile(file, "utf8")).catch((cause: unknown) => {
    throw new Failure("invalid_argument", `The file ${file} cannot be read.`, { cause });
  });
  const details: FailureDetail[] = [];
  const runs = content.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const parsed = parseLine(line);
    if (typeof parsed === "string") {
      details.push({ path: `line ${index + 1}`, message: parsed });
      return [];
    }
    const { attempts: own = attempts, delayMs, priority, ...job } = parsed;
    return {
      job: { ...job, project },
      options: {
        attempts: own,
        ...(delayMs === undefined ? {} : { delayMs }),
        ...(priority === undefined ? {} : { priority }),
      },
    };
  });
  if (details.length > 0) {
    const told = details.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
    const others = details.length > told.length ? `; and ${details.length - told.length} more lines` : "";
    throw new Failure("invalid_argument", `Nothing was submitted. ${told.join("; ")}${others}.`, { details });
  }
  if (runs.length === 0) throw new Failure("invalid_argument", "The file holds no runs.");
  return runs;
}

/** The line's job, or what is wrong with it; never a value of it. */
function parseLine(line: string): z.output<typeof lineSchema> | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "it is not JSON";
  }
  const fault = unstorable(value, "job");
  if (fault !== undefined) return `${fault.path}: ${fault.message}`;
  const parsed = lineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map(({ path, message }) => [...path, message].join(": ")).join(", ");
}
