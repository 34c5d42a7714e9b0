import { stateOf } from "./page-state.ts";
import type { Situation } from "./situation.ts";
import { type Concept, speaksOf } from "./words.ts";

export interface SiteMessage {
  text: string;
  /** How it stands out: marked as an error, marked as a message, or plain text of the page. */
  weight: "error" | "notice" | "text";
  /** It was not there before. */
  isNew: boolean;
}

/** A message that was there before counts again when the page has stood still for so long after an answer. */
const stillSaysMs = 500;

/**
 * What the site says in answer to what was last done: messages not shown before, or shown again after the site
 * answered; plain lines only when they were not on the page before the first try, and no questions: "Code expired?"
 * is an offer, not an answer.
 */
export function answersOf(situation: Situation): SiteMessage[] {
  const { lastAct, answered, documentChanged } = stateOf(situation);
  const { history, snapshot } = situation;
  const justBefore = new Set(lastAct?.messages ?? []);
  const firstTry = history.acts.find(
    (act) => act.kind === "submit" && String(act.what) === String(lastAct?.what),
  );
  const atFirst = new Set((firstTry ?? lastAct)?.messages ?? []);
  const saysAgain = answered && (documentChanged || snapshot.activity.stillMs >= stillSaysMs);
  const counts = (text: string) => !justBefore.has(text) || saysAgain;

  const marked = snapshot.frames
    .flatMap((frame) => frame.messages)
    .filter(({ text }) => counts(text))
    .map(
      ({ text, tone }): SiteMessage => ({
        text,
        weight: tone === "error" ? "error" : "notice",
        isNew: !atFirst.has(text),
      }),
    );
  const plainLines = snapshot.frames
    .flatMap((frame) => [...frame.headings, ...frame.texts])
    .filter((line) => lastAct !== undefined && !atFirst.has(line) && counts(line))
    .filter((line) => !isQuestion(line) && !marked.some(({ text }) => text.includes(line)))
    .map((text): SiteMessage => ({ text, weight: "text", isNew: true }));
  const order = { error: 0, notice: 1, text: 2 };
  return [...marked, ...plainLines].sort((a, b) => order[a.weight] - order[b.weight]);
}

/** A question and nothing else; one behind a statement ("Not active yet. Did you verify your address?") is not. */
function isQuestion(line: string): boolean {
  return /^[^.!。！]*[?？]\s*$/.test(line);
}

/** The weightiest message that speaks of it; of one inside another, the inner one, without the buttons around it. */
export function findSaying(messages: SiteMessage[], ...concepts: Concept[]): SiteMessage | undefined {
  const fitting = messages.filter(({ text }) => speaksOf(text, ...concepts));
  const [first] = fitting;
  if (first === undefined) return undefined;
  const inner = fitting
    .filter(({ text }) => first.text.includes(text))
    .sort((a, b) => a.text.length - b.text.length)[0];
  return { ...first, text: inner?.text ?? first.text };
}

/** The site says that something went wrong, in whatever words. */
export function findComplaint(messages: SiteMessage[]): SiteMessage | undefined {
  const complaints = messages.filter(({ weight, text }) => weight === "error" && !speaksOf(text, "success"));
  return findSaying(complaints, "somethingFailed") ?? complaints.find(({ isNew }) => isNew);
}
