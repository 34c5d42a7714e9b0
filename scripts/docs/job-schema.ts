import { jobJsonSchema } from "../../src/job/parse-job.ts";

/** The generated part of docs/jobs.md. */
export function jobSchemaBlock(): string {
  return `\`\`\`json\n${JSON.stringify(jobJsonSchema(), null, 2)}\n\`\`\``;
}
