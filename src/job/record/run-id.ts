import { createHash } from "node:crypto";

/**
 * The run id of a job that a producer put into the queue by itself: always the same for the same job, so that a job
 * taken up twice is one run.
 */
export function runIdOfJob(queueName: string, job: { id?: string | undefined; timestamp: number }): string {
  return uuidOf(`${queueName}\n${job.id ?? ""}\n${job.timestamp}`);
}

/**
 * The id of the run that a schedule makes at one of its times, for one identity: always the same, so that a time that
 * comes twice is one run.
 */
export function runIdOfFire(fire: { scheduleId: string; fireAt: number; identityId: string }): string {
  return uuidOf(`schedule\n${fire.scheduleId}\n${fire.fireAt}\n${fire.identityId}`);
}

/** A UUID of version 8 (RFC 9562 §5.8) over a text. */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
