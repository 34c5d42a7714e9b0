/** The middle one, or the one at `share` of the way (0.95: the 95th percentile, nearest rank). */
export function percentile(values: readonly number[], share = 0.5): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/** One line of a benchmark's table. */
export interface Figure {
  what: string;
  latchkey: string;
  bare: string;
  /** Latchkey's over the bare script's, where both do the same work. */
  ratio: number | null;
  note: string;
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
