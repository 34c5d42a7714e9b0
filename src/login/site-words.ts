import { stateOf } from "./page-state.ts";
import type { Situation } from "./situation.ts";
import { type Concept, plain, speaksOf } from "./words.ts";

export interface SiteMessage {
  text: string;
  /** How it stands out: marked as an error, marked as a message, or plain text of the page. */
  weight: "error" | "notice" | "text";
}

/**
 * What the site says in answer to what was last done: messages not shown before, or shown again after the site
 * answered; plain lines only when they are new. Questions ("Code expired?") are offers, not answers.
 */
export function answersOf(situation: Situation): SiteMessage[] {
  const { lastAct, answered } = stateOf(situation);
  const before = new Set(lastAct?.messages ?? []);
  const marked = situation.snapshot.frames
    .flatMap((frame) => frame.messages)
    .filter(({ text }) => answered || !before.has(text))
    .map(({ text, tone }): SiteMessage => ({ text, weight: tone === "error" ? "error" : "notice" }));
  const plainLines = situation.snapshot.frames
    .flatMap((frame) => [...frame.headings, ...frame.texts])
    .filter(
      (line) => lastAct !== undefined && !before.has(line) && !marked.some(({ text }) => text.includes(line)),
    )
    .map((text): SiteMessage => ({ text, weight: "text" }));
  const order = { error: 0, notice: 1, text: 2 };
  return [...marked, ...plainLines]
    .filter(({ text }) => !/[?？]\s*$/.test(text))
    .sort((a, b) => order[a.weight] - order[b.weight]);
}

export function findSaying(messages: SiteMessage[], ...concepts: Concept[]): SiteMessage | undefined {
  return messages.find(({ text }) => speaksOf(text, ...concepts));
}

const units: [RegExp, number][] = [
  [/^(s|secs?|seconds?|sek(unden?)?|secondes?|segundos?|secondi|seconden|秒(钟|間)?|초)$/, 1_000],
  [/^(m|mins?|minutes?|minuten?|minutos?|minuti|minuut|分(钟|鐘|間)?|분)$/, 60_000],
  [/^(h|hours?|hrs?|stunden?|heures?|horas?|ore|ora|uur|uren|小时|小時|時間|시간)$/, 3_600_000],
];

/** The wait a text names ("try again in 5 minutes"), in milliseconds. */
export function waitNamedIn(text: string): number | undefined {
  const found = /(\d+|\ban?\b|\bone\b|\beine[rm]?\b|\bune?\b|\buma?\b)\s?([\p{L}]+)/gu;
  for (const [, amount = "", unit = ""] of plain(text).matchAll(found)) {
    const ms = units.find(([pattern]) => pattern.test(unit) || pattern.test(unit.slice(0, 2)))?.[1];
    if (ms !== undefined) return (/^\d+$/.test(amount) ? Number(amount) : 1) * ms;
  }
  return undefined;
}
