/** Nanoseconds per unit, in the order Go looks for them. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
/** An int64, as which Go keeps it. */
const most = 2n ** 63n - 1n;

/**
 * A duration in nanoseconds from a text as Go's `time.ParseDuration` takes it: `1h`, `1m30s`, `-1.5h`, `500ms`.
 * Undefined where it is none.
 */
export function parseDuration(text: string): bigint | undefined {
  const { sign, rest } = /^(?<sign>[-+]?)(?<rest>.*)$/s.exec(text)?.groups ?? {};
  if (rest === undefined || rest === "") return undefined;
  if (rest === "0") return 0n;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0n;
  for (const { groups } of rest.matchAll(/(?<whole>\d*)(?:\.(?<part>\d*))?(?<unit>[^\d.]+)/g)) {
    const size = units[groups?.["unit"] ?? ""] ?? 0n;
    const part = groups?.["part"] ?? "";
    total += BigInt(groups?.["whole"] ?? "") * size;
    if (part !== "") total += (BigInt(part) * size) / 10n ** BigInt(part.length);
    if (total > most) return undefined;
  }
  return sign === "-" ? -total : total;
}

/** As Go prints it: `1h0m0s`, `1m30s`, `1.5s`, `500ms`, `0s`. */
export function printDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  if (nanoseconds < 0n) return `-${printDuration(-nanoseconds)}`;
  const second = 1_000_000_000n;
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 1_000n)}\u00b5s`;
  if (nanoseconds < second) return `${decimal(nanoseconds, 1_000_000n)}ms`;
  const minutes = nanoseconds / (60n * second);
  const seconds = `${decimal(nanoseconds % (60n * second), second)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const part = String(value % unit)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return part === "" ? String(value / unit) : `${value / unit}.${part}`;
}
