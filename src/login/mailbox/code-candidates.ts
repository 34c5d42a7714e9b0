import { beginsWith, introduces } from "./words.ts";

/** Something in a line that has the shape of a code. */
export interface Candidate {
  /** As it is typed: digits without what groups them. */
  code: string;
  /**
   * `digits`: a code unless something says otherwise. `calendar`: might as well be a year or a date. `mixed` and
   * `letters`: might as well be a name; something must say that it is a code.
   */
  kind: "digits" | "calendar" | "mixed" | "letters";
  from: number;
  to: number;
  /** The line has nothing else in it. */
  alone: boolean;
}

const gap = "[ \\u2010-\\u2015-]";
const currency = "(?:[$€£¥₹₩₽₺₫]|\\b(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|BRL|KRW|INR|AUD|CAD|SEK|PLN|RUB)\\b|R\\$)";

/** What is made of digits and is never a code: addresses, numbers with points, dates, times, prices, telephone numbers. */
const noCodes: readonly RegExp[] = [
  /\b(?:https?:\/\/|www\.)\S+/giu,
  /\S+@\S+\.\S+/gu,
  /[\w-]+(?:\.[\w-]+)*\.\p{L}{2,}\/\S*/gu,
  // A rest of an address that was broken over lines, or a reference: longer than any code.
  /[\w%=&?+/-]{24,}/gu,
  new RegExp(`${currency}\\s?\\d[\\d.,]*`, "gu"),
  new RegExp(`\\d[\\d.,' ]*\\s?${currency}`, "gu"),
  /\d+(?:[.,:/]\d+)+/gu,
  /\d+\s?%/gu,
  /\d{1,4}年(?:\s?\d{1,2}月(?:\s?\d{1,2}日)?)?|\d{1,2}月\s?\d{1,2}日|\d{4}년(?:\s?\d{1,2}월(?:\s?\d{1,2}일)?)?/gu,
  /(?<!\d)(?:19|20)\d{2}-\d{1,2}-\d{1,2}(?:T\d{2})?(?!\d)/gu,
  /(?<![\d-])(?:0?[1-9]|[12]\d|3[01])-(?:0?[1-9]|[12]\d|3[01])-(?:\d{2}|(?:19|20)\d{2})(?![\d-])/gu,
  /\d{1,2}\s?h\s?\d{2}(?!\d)/gu,
  /\+\s?\d[\d ()./\u2010-\u2015-]*\d/gu,
  /\(0?\d{1,5}\)[ -]?\d[\d /-]*\d/gu,
  /[#№]\s?\d[\d-]*/gu,
  /(?:[*•·●xX]{2,}|…|\.{3})[ -]?\d{2,4}(?!\d)/gu,
  /©\s?(?:\(c\)\s?)?\d{4}(?:\s?[–-]\s?\d{4})?/giu,
];

/** Numbers in groups: a telephone's, a card's, an account's when they come to more digits than a code has. */
const grouped = /\d+(?:[ \u2010-\u2015/-]\d+)+/gu;
const mostDigits = 8;

const filler = "\u0001";
const edge = { before: "(?<![\\p{L}\\p{N}_\u0001])", after: "(?![\\p{L}\\p{N}_\u0001])" };
const whole = (source: string) => new RegExp(`${edge.before}(?:${source})${edge.after}`, "gu");

const unspacedEdge = "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}]";
const digitEdge = {
  before: `(?<![\\p{N}_\u0001]|(?!${unspacedEdge})\\p{L}|\\d${gap})`,
  after: `(?![\\p{N}_\u0001]|(?!${unspacedEdge})\\p{L}|${gap}\\d)`,
};

const digits = new RegExp(
  `${digitEdge.before}(?:[A-Z]{1,2}-(?=\\d{5}))?(?:\\d{4,8}|\\d{3}${gap}\\d{3}|\\d{2}${gap}\\d{2}${gap}\\d{2}|\\d{4}${gap}\\d{4}|\\d(?:${gap}\\d){3,7})${digitEdge.after}`,
  "gu",
);
const mixed = whole(
  "(?=[A-Za-z0-9-]*\\d)(?=[A-Za-z0-9-]*[A-Za-z])[A-Za-z0-9]{2,10}(?:-[A-Za-z0-9]{2,6}){0,3}",
);
const letters = whole("[A-Z]{3,4}(?:-[A-Z]{3,4}){1,2}|[A-Z]{6,8}");

/** All that has the shape of a code in a line, without what its surroundings show to be something else. */
export function candidatesIn(line: string): Candidate[] {
  const masked = mask(line);
  const found: Candidate[] = [];
  const add = (kind: Candidate["kind"], expression: RegExp) => {
    for (const { 0: text, index: from } of masked.matchAll(expression)) {
      const to = from + text.length;
      if (found.some((other) => from < other.to && other.from < to)) continue;
      if (isSomethingElse(line, from, to)) continue;
      found.push({
        code: kind === "digits" ? text.replaceAll(/\D/g, "") : text,
        kind: kind === "digits" && isCalendar(text) ? "calendar" : kind,
        from,
        to,
        alone: !/[\p{L}\p{N}]/u.test(line.slice(0, from) + line.slice(to)),
      });
    }
  };
  add("digits", digits);
  add("mixed", mixed);
  add("letters", letters);
  return found.filter(
    ({ kind, code }) =>
      kind !== "mixed" || (code.length >= 4 && code.length <= 14 && !/^\d+\p{L}{1,2}$/u.test(code)),
  );
}

function mask(line: string): string {
  const fill = (text: string) => filler.repeat(text.length);
  const masked = noCodes.reduce((text, expression) => text.replaceAll(expression, fill), line);
  return masked.replaceAll(grouped, (text) =>
    text.replaceAll(/\D/g, "").length > mostDigits ? fill(text) : text,
  );
}

/** "Order no. 12345", "3600 seconds", "card ending in 1234", "CA 94105". */
function isSomethingElse(line: string, from: number, to: number): boolean {
  const before = line.slice(Math.max(0, from - 60), from);
  const after = line.slice(to, to + 30);
  return (
    introduces(before, "reference") ||
    introduces(before, "otherCode") ||
    introduces(before, "ending") ||
    beginsWith(after, "unit") ||
    /,\s?[A-Z]{2}\s$/.test(before) ||
    /(?:^|[,\s])(?:[A-Z]{1,2}-|〒\s?)$/.test(before)
  );
}

/** A year, or a day written as eight digits. */
function isCalendar(text: string): boolean {
  return /^(?:19|20)\d{2}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))?$/.test(text);
}
