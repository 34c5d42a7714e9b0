import { createHash } from "node:crypto";

/**
 * The run id of a job that a producer put into the queue by itself: always the same for the same job, so that a job
 * taken up twice is one run. A UUID of version 8 (RFC 9562 §5.8) over queue, job id and the time it was added.
 */
export function runIdOfJob(queueName: string, job: { id?: string | undefined; timestamp: number }): string {
  const bytes = createHash("sha256")
    .update(`${queueName}\n${job.id ?? ""}\n${job.timestamp}`)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
