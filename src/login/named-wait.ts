import { plain } from "./words.ts";

/** Units of time, in the languages of words.ts, and how long each is, in milliseconds. */
const units: [words: string, ms: number][] = [
  ["s|secs?|seconds?|sek|sekunden?|secondes?|seg|segundos?|second[oi]|seconden?|сек|секунд[аыу]?", 1_000],
  ["m|mins?|minutes?|minuten?|minutos?|minut[oi]|minuut|мин|минут[аыу]?", 60_000],
  ["h|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|uur|uren|час(а|ов)?", 3_600_000],
  ["d|days?|tage?n?|jours?|dias?|giorn[oi]|dag(en)?", 86_400_000],
];
/** Written without a space before or after. */
const unspacedUnits: [words: string, ms: number][] = [
  ["秒", 1_000],
  ["초", 1_000],
  ["分", 60_000],
  ["분", 60_000],
  ["小时|小時|時間|시간", 3_600_000],
  ["天|日間", 86_400_000],
];
const numbers: [words: string, value: number][] = [
  ["an?|one|ein|eine[rnm]?|une?|una|uno|uma?|een", 1],
  ["two|zwei|deux|dos|dois|duas|due|twee", 2],
  ["three|drei|trois|tres|tre|drie", 3],
  ["five|funf|cinq|cinco|cinque|vijf", 5],
  ["ten|zehn|dix|diez|dez|dieci|tien", 10],
  ["fifteen|funfzehn|quinze|quince|quindici|vijftien", 15],
  ["thirty|dreissig|trente|treinta|trinta|trenta|dertig", 30],
];

const valueIn = (list: [words: string, value: number][], text = "") =>
  list.find(([words]) => new RegExp(`^(?:${plain(words)})$`, "u").test(text))?.[1];
const anyOf = (list: [words: string, value: number][]) => plain(list.map(([words]) => words).join("|"));

const word = `(?<!\\p{L})(?<word>${anyOf(numbers)})[ '-]`;
const span = `(?:(?<digits>\\d+) ?|${word})(?:(?<unit>${anyOf(units)})(?!\\p{L})|(?<unspaced>${anyOf(unspacedUnits)}))`;
/** The same without names: a pattern may hold it twice. */
const anonymous = span.replaceAll(/\(\?<\w+>/g, "(?:");
/** One span, or several that add up: "1 hour and 30 minutes". */
const spans = new RegExp(`${anonymous}(?:(?: |,|and|und|et|y|e|en)*${anonymous})*`, "gu");
/** What happened in a span of time gone by is no wait. */
const past =
  /(within|during|in the (last|past)|innerhalb( von)?|in den letzten|binnen|en moins de|au cours des( dernieres)?|en los ultimos|nos ultimos|negli ultimi|in de laatste|过去|過去)( the (last|past))? ?$/u;
/** A clock that counts down. */
const countdown = /(?:in|dans|en|em|tra|fra|over|noch|nach|for|:) (?:(\d{1,2}):)?(\d{1,2}):(\d{2})(?![\d:])/u;

/** The wait a text names ("try again in 5 minutes", "5分後"), in milliseconds. */
export function waitNamedIn(text: string): number | undefined {
  const ready = plain(text);
  for (const found of ready.matchAll(spans)) {
    if (past.test(ready.slice(0, found.index))) continue;
    const parts = found[0].matchAll(new RegExp(span, "gu"));
    return [...parts].reduce((sum, { groups: { digits, word, unit, unspaced } = {} }) => {
      const amount = digits === undefined ? valueIn(numbers, word) : Number(digits);
      return sum + (amount ?? 0) * (valueIn(units, unit) ?? valueIn(unspacedUnits, unspaced) ?? 0);
    }, 0);
  }
  const clock = countdown.exec(ready);
  if (clock === null) return undefined;
  const [, hours = "0", minutes = "0", seconds = "0"] = clock;
  return (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
}
