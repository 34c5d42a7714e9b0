import { type Candidate, candidatesIn } from "./code-candidates.ts";
import type { Message } from "./message.ts";
import type { Line } from "./read-html.ts";
import { beginsWith, introduces, mentions, placesOf } from "./words.ts";

export interface FoundCode {
  code: string;
  /** How much speaks for it; see `clearly`. */
  score: number;
}

/** Less is no code. */
const enough = 40;
/** As much leaves no doubt: taken even from a sender that has nothing to do with the site. */
export const clearly = 60;

/** Lines above a code that stands alone in which it may be announced, and below it. */
const linesAbove = 4;
const linesBelow = 2;

/**
 * The one-time code in a message: what has the shape of one and is closest to words for it, stands alone in its
 * line, or in larger letters than the rest. Undefined rather than a guess.
 */
export function findCode({ subject, lines }: Pick<Message, "subject" | "lines">): FoundCode | undefined {
  const announcedInSubject = speaksOfCode(subject);
  const announced = announcedInSubject || lines.some(({ text }) => speaksOfCode(text));
  const ordinary = ordinarySize(lines);
  const scores = new Map<string, number>();

  const weigh = (text: string, around: Surroundings) => {
    for (const candidate of candidatesIn(text)) {
      const inLine = scoreInLine(text, candidate);
      const { kind, code, alone } = candidate;
      // What may be a year or a word needs to be called a code right where it stands.
      if (kind !== "digits" && inLine?.direct !== true && !(alone && around.announced)) continue;
      const base = Math.max(inLine?.score ?? 0, alone ? 25 + around.score : 0);
      if (base <= 0) continue;
      const score = base + shapeScore(candidate);
      const known = scores.get(code);
      scores.set(code, known === undefined ? score : Math.max(known, score) + (known < enough ? 0 : 5));
    }
  };

  weigh(subject, { score: 0, announced: false });
  for (const [at, { text, size }] of lines.entries()) {
    const { score, announced: announcedHere } = surroundings(lines, at);
    const elsewhere = announcedInSubject ? 20 : announced ? 10 : 0;
    const large = size >= ordinary * 1.3 ? 12 : 0;
    weigh(text, {
      score: score < 0 ? score : Math.max(score, elsewhere) + large,
      announced: announcedHere,
    });
  }
  const [best] = [...scores].sort(([, a], [, b]) => b - a);
  return best === undefined || best[1] < enough ? undefined : { code: best[0], score: best[1] };
}

function shapeScore({ kind, code }: Candidate): number {
  if (kind === "letters") return -15;
  if (kind === "mixed") return -5;
  return code.length === 6 ? 6 : code.length === 4 ? -3 : 0;
}

/** How close a word for a code stands in the same line. `direct`: nothing but punctuation or "is" stands between. */
function scoreInLine(
  text: string,
  { from, to, kind }: Candidate,
): { score: number; direct: boolean } | undefined {
  const scores = codePlaces(text).map((place) => {
    const between = place.to <= from ? text.slice(place.to, from) : text.slice(to, place.from);
    if (place.from < to && from < place.to) return { score: 0, direct: false };
    const direct = place.to <= from ? isConnector(between) : isBackConnector(between);
    const apart = /[.!?]\s|[。！？]/u.test(between) ? 15 : 0;
    return { score: 60 - Math.min(40, between.length / 3) - apart + (direct ? 15 : 0), direct };
  });
  if (kind === "digits" && scores.length === 0) {
    const digitCount = text.slice(from, to).replaceAll(/\D/g, "").length;
    const before = placesOf(text.slice(0, from), "use").at(-1);
    const after = beginsWithin(text.slice(to), 30);
    if (digitCount === 6 && (after || (before !== undefined && from - before.to < 30)))
      return { score: 42, direct: false };
  }
  return scores.sort((a, b) => b.score - a.score)[0];
}

function beginsWithin(text: string, distance: number): boolean {
  return placesOf(text, "use").some((place) => place.from < distance);
}

/** Places that name a code for signing in, not a discount or a postal code. */
function codePlaces(text: string): { from: number; to: number }[] {
  const others = placesOf(text, "otherCode");
  return placesOf(text, "code").filter(
    (place) => !others.some((other) => place.from < other.to && other.from < place.to),
  );
}

function speaksOfCode(text: string): boolean {
  return codePlaces(text).length > 0;
}

function isConnector(between: string): boolean {
  return /^[^\p{L}\p{N}]*(?:(?:is|ist|lautet|est|es|é|è|is:|er|är|to|は|が|是|为|為|для входа|:)[^\p{L}\p{N}]*)?$/iu.test(
    between,
  );
}

/** "482913 is your Acme code". */
function isBackConnector(between: string): boolean {
  return /^[^\p{L}\p{N}.!?]*(?:is|ist|est|es|é|è|が|は|是|为|為)(?:[\s\p{L}'’-]{0,40})$/iu.test(between);
}

interface Surroundings {
  /** What speaks for a code that stands alone here; negative: it is something else. */
  score: number;
  /** The line above says that one follows: "Your code:". */
  announced: boolean;
}

/** A code that stands alone is announced above it, or explained below it. */
function surroundings(lines: readonly Line[], at: number): Surroundings {
  const above = lines[at - 1]?.text ?? "";
  const announced = speaksOfCode(above) && !/[.!?。！？]$/u.test(above);
  for (let up = 1; up <= linesAbove; up += 1) {
    const text = lines[at - up]?.text;
    if (text === undefined) break;
    if (speaksOfCode(text)) return { score: 41 - 6 * up, announced };
    // "Order number" above a number: that is what it is.
    if (up === 1 && text.length < 60 && (introduces(text, "reference") || mentions(text, "otherCode")))
      return { score: -60, announced: false };
  }
  for (let down = 1; down <= linesBelow; down += 1) {
    const text = lines[at + down]?.text;
    if (text !== undefined && (speaksOfCode(text) || beginsWith(text, "use")))
      return { score: 31 - 6 * down, announced: false };
  }
  return { score: 0, announced: false };
}

/** The size that most letters of the message have. */
function ordinarySize(lines: readonly Line[]): number {
  const letters = new Map<number, number>();
  for (const { text, size } of lines) letters.set(size, (letters.get(size) ?? 0) + text.length);
  return [...letters].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 16;
}
