/** One month's bill. Amounts are in euro cents. */
export interface Statement {
  /** `2026-03`. */
  month: string;
  number: string;
  /** `2026-04-03`. */
  issuedOn: string;
  cents: number;
  paid: boolean;
}

const firstYear = 2025;
const months = 22;

/** A user's statements, newest first: January 2025 to October 2026, always the same for the same username. */
export function statementsOf(username: string): Statement[] {
  return Array.from({ length: months }, (_, index) => statement(username, index)).reverse();
}

function statement(username: string, index: number): Statement {
  const month = yearAndMonth(index);
  return {
    month,
    number: `LE-${month.replace("-", "")}-${String(1_000 + (mix(username) % 9_000))}`,
    issuedOn: `${yearAndMonth(index + 1)}-03`,
    // Dear winters, cheap summers, and a little that only this user's month has.
    cents: Math.round(9_000 + 4_500 * Math.cos((index * Math.PI) / 6)) + (mix(username + month) % 2_500),
    paid: index < months - 1,
  };
}

function yearAndMonth(index: number): string {
  return `${firstYear + Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, "0")}`;
}

/** A small even number out of a text (FNV-1a), so that made-up amounts stay the same from start to start. */
function mix(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}

/** `€1,284.50`. */
export function formatAmount(cents: number): string {
  return new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" }).format(cents / 100);
}

/** `March 2026`. */
export function formatMonth(month: string): string {
  return new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month}-01T00:00:00Z`),
  );
}

/** `3 April 2026`. */
export function formatDay(day: string): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
}
