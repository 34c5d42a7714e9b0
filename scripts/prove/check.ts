import { stripVTControlCharacters } from "node:util";
import type { LoginDecision } from "../../src/outcome.ts";

/** What has to work, for every application. */
export const points = [
  "right credentials",
  "saved state reused",
  "wrong password",
  "wrong TOTP secret",
  "no TOTP secret",
  "session ended at the site",
] as const;
export type Point = 1 | 2 | 3 | 4 | 5 | 6;

/** `latchkey login`, or a run through the queue and a worker. */
export type Way = "command" | "queue";

/** One point, proved one way. */
export interface Check {
  point: Point;
  way: Way;
  status: "proved" | "failed" | "not_applicable";
  /** What happened; or what did not; or why it cannot apply. */
  note: string;
  seconds: number;
  /** Where it failed: what the engine saw, did, and why. */
  decisions?: LoginDecision[];
}

/** What one try came to, to be held against what it should. */
export interface Found {
  note: string;
  /** Each something that should be and is not. */
  faults: string[];
  decisions?: LoginDecision[] | undefined;
}

/** Carries a check out; whatever is thrown is a fault. */
export async function check(
  { point, way }: Pick<Check, "point" | "way">,
  find: () => Promise<Found>,
): Promise<Check> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  try {
    const { note, faults, decisions } = await find();
    if (faults.length === 0) return { point, way, status: "proved", note, seconds: seconds() };
    return {
      point,
      way,
      status: "failed",
      note: `${faults.join("; ")} (${note})`,
      seconds: seconds(),
      ...(decisions === undefined ? {} : { decisions }),
    };
  } catch (error) {
    const note = stripVTControlCharacters(error instanceof Error ? error.message : String(error));
    return { point, way, status: "failed", note, seconds: seconds() };
  }
}

export function notApplicable(point: Point, way: Way, note: string): Check {
  return { point, way, status: "not_applicable", note, seconds: 0 };
}
