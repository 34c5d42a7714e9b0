const unitMs = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
type Unit = keyof typeof unitMs;
const units = Object.keys(unitMs) as Unit[];

const short = /^(?:\d+(?:ms|[wdhms]))+$/;
const shortPart = /(\d+)(ms|[wdhms])/g;
/** Weeks, days and times; months and years have no one length. */
const iso =
  /^P(?=\d|T\d)(?:(?<w>\d+)W)?(?:(?<d>\d+)D)?(?:T(?=\d)(?:(?<h>\d+)H)?(?:(?<m>\d+)M)?(?:(?<s>\d+)S)?)?$/;

/**
 * A length of time in milliseconds, from `90s`, `15m`, `1h30m`, `2d`, or an ISO 8601 duration such as `PT15M`; undefined
 * for anything else. A day is 24 hours, whatever the clocks do.
 */
export function parseInterval(text: string): number | undefined {
  const trimmed = text.trim().replaceAll(/\s+/g, "");
  const ms = short.test(trimmed.toLowerCase())
    ? fromShort(trimmed.toLowerCase())
    : fromIso(trimmed.toUpperCase());
  return ms !== undefined && Number.isSafeInteger(ms) ? ms : undefined;
}

/** `1d12h`, `15m`, `90s` as `1m30s`; `0s` for nothing. What `parseInterval` reads back. */
export function formatInterval(ms: number): string {
  let left = ms;
  let text = "";
  for (const unit of units) {
    const count = Math.floor(left / unitMs[unit]);
    // Weeks read worse than days unless they are whole.
    if (count === 0 || (unit === "w" && left % unitMs.w !== 0)) continue;
    text += `${count}${unit}`;
    left -= count * unitMs[unit];
  }
  return text === "" ? "0s" : text;
}

function fromShort(text: string): number {
  let sum = 0;
  for (const [, count, unit] of text.matchAll(shortPart)) sum += Number(count) * unitMs[unit as Unit];
  return sum;
}

function fromIso(text: string): number | undefined {
  const groups = iso.exec(text)?.groups;
  if (groups === undefined) return undefined;
  return units.reduce((sum, unit) => sum + Number(groups[unit] ?? 0) * unitMs[unit], 0);
}
