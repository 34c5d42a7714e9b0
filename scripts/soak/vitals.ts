import { readFile } from "node:fs/promises";

interface Vital {
  pid: number;
  at: number;
  upMs: number;
  rssMb: number;
  heapMb: number;
  lagP99Ms: number;
  lagMaxMs: number;
}

/** How one worker process fared. */
export interface Vitals {
  pid: number;
  minutes: number;
  firstRssMb: number;
  lastRssMb: number;
  /** Growth of its memory once it was warm; undefined for one that did not live long enough to tell. */
  mbPerMinute: number | undefined;
  lagP99Ms: number;
  lagMaxMs: number;
}

/** A process is warm, with all its code loaded and its caches filled, after this long; in milliseconds. */
const warmMs = 30_000;
/** What a slope can be told from, in milliseconds. */
const leastSpanMs = 180_000;

export async function readVitals(file: string): Promise<Vitals[]> {
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n").filter(Boolean);
  const all = lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Vital];
    } catch {
      // Cut off by a kill.
      return [];
    }
  });
  return [...Map.groupBy(all, ({ pid }) => pid)].map(([pid, vitals]) => {
    const warm = vitals.filter(({ upMs }) => upMs >= warmMs);
    const span = (warm.at(-1)?.at ?? 0) - (warm[0]?.at ?? 0);
    return {
      pid,
      minutes: (vitals.at(-1)?.upMs ?? 0) / 60_000,
      firstRssMb: (warm[0] ?? vitals[0])?.rssMb ?? 0,
      lastRssMb: vitals.at(-1)?.rssMb ?? 0,
      mbPerMinute: span < leastSpanMs ? undefined : slope(warm) * 60_000,
      lagP99Ms: median(vitals.map(({ lagP99Ms }) => lagP99Ms)),
      lagMaxMs: Math.max(...vitals.map(({ lagMaxMs }) => lagMaxMs)),
    };
  });
}

/** Least squares, in MiB per millisecond. */
function slope(vitals: readonly Vital[]): number {
  const meanAt = mean(vitals.map(({ at }) => at));
  const meanMb = mean(vitals.map(({ rssMb }) => rssMb));
  const above = vitals.reduce((sum, { at, rssMb }) => sum + (at - meanAt) * (rssMb - meanMb), 0);
  const below = vitals.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
