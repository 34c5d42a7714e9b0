import { createHash } from "node:crypto";
import { decode, encode, isPfid } from "@prefactor/pfid";

/**
 * What the ids of one project have in common, as those of one account do at Prefactor: 30 bits of the project's hash.
 * Two projects may share it: it keeps nothing apart.
 */
export function partitionOf(project: string): number {
  return createHash("sha256").update(project).digest().readUInt32BE(0) >>> 2;
}

/**
 * A UUID as a PFID: its first 48 bits — the time, in a UUIDv7 — are the PFID's timestamp, its other 80 the random part.
 * `uuidOf` gives it back.
 */
export function pfidOf(uuid: string, partition: number): string {
  const bytes = Buffer.from(uuid.replaceAll("-", ""), "hex");
  return join({ time: bytes.subarray(0, 6), partition, rest: bytes.subarray(6) });
}

/** The UUID that a PFID of the partition stands for; undefined for another partition's. @throws PfidError at what is no PFID */
export function uuidOf(pfid: string, partition: number): string | undefined {
  const bytes = decode(pfid);
  if (bytes.readUInt32BE(6) !== partition) return undefined;
  const hex = Buffer.concat([bytes.subarray(0, 6), bytes.subarray(10)]).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The identity that a run is asked for, with a PFID made the id it stands for: Prefactor's clients know no other. Names and
 * other texts stay as they are.
 */
export function plainId(text: string, project: string): string {
  return looksLikePfid(text) ? (uuidOf(text, partitionOf(project)) ?? text) : text;
}

/**
 * A PFID for what has no id of its own, by what it is: the same at each call. Its time is that of `of`, a UUID, or zero.
 */
export function derivedPfid({
  partition,
  of,
  parts,
}: {
  partition: number;
  of?: string;
  parts: readonly string[];
}): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest();
  const time = of === undefined ? Buffer.alloc(6) : Buffer.from(of.replaceAll("-", ""), "hex").subarray(0, 6);
  return join({ time, partition, rest: hash.subarray(0, 10) });
}

/** 32 digits of Crockford's base32 in lower case, the first of them 0 to 7. */
export const looksLikePfid = (text: unknown): text is string => isPfid(text);

function join({ time, partition, rest }: { time: Uint8Array; partition: number; rest: Uint8Array }): string {
  const middle = Buffer.alloc(4);
  middle.writeUInt32BE(partition);
  return encode(Buffer.concat([time, middle, rest]));
}
