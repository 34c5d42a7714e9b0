import { createHash } from "node:crypto";
import { onDemand } from "../../on-demand.ts";

/** When a schedule's times are; all moments are epoch milliseconds. */
export interface Timing {
  /** Five fields, or six with seconds first, or `@daily` and the like; else `everyMs`. */
  cron?: string;
  /** A time every so many milliseconds, counted from `anchor`. */
  everyMs?: number;
  anchor: number;
  /** IANA name; what the cron fields mean. */
  timeZone: string;
  /** Each time comes up to so much later, by an amount of its own that is always the same. */
  jitterMs: number;
  /** None before. */
  startsAt?: number;
  /** None after. */
  endsAt?: number;
  /** Sets one schedule's jitter apart from another's. */
  seed: string;
}

/**
 * The first time after a moment, jitter included, or undefined when there is none. The same answer on every machine:
 * it depends on nothing but its arguments.
 *
 * Where the clocks change, a cron time of day comes once a day: one that is skipped in spring comes an hour later,
 * one that is there twice in autumn comes the first time only. Times every so many minutes or hours (`*` or a step
 * in the field of hours) go on through both, and intervals know no clocks at all.
 */
export function nextFire(timing: Timing, after: number): number | undefined {
  let best: number | undefined;
  // A time before this moment may still come after it, by its jitter.
  for (const nominal of nominals(timing, after - timing.jitterMs)) {
    if (best !== undefined && nominal >= best) break;
    const fireAt = nominal + jitterOf(timing, nominal);
    if (fireAt > after && (best === undefined || fireAt < best)) best = fireAt;
  }
  return best;
}

/** The next times after a moment, at most `count`. */
export function nextFires(timing: Timing, after: number, count: number): number[] {
  const fires: number[] = [];
  for (
    let at = nextFire(timing, after);
    at !== undefined && fires.length < count;
    at = nextFire(timing, at)
  ) {
    fires.push(at);
  }
  return fires;
}

/** The smallest gap between the next times, without jitter; undefined where there is only one. */
export function shortestGap(timing: Timing, after: number): number | undefined {
  const gaps: number[] = [];
  let last: number | undefined;
  for (const nominal of nominals(timing, after)) {
    if (last !== undefined) gaps.push(nominal - last);
    last = nominal;
    if (gaps.length === 50) break;
  }
  return gaps.length === 0 ? undefined : Math.min(...gaps);
}

/** A timing as one line of text, which the queue keeps; the same timing is the same text. */
export function writeTiming(timing: Timing): string {
  const entries = Object.entries(timing).toSorted(([a], [b]) => a.localeCompare(b));
  return JSON.stringify(Object.fromEntries(entries));
}

/** What `writeTiming` wrote. */
export function readTiming(text: string): Timing {
  return JSON.parse(text) as Timing;
}

/** The times without jitter, after a moment, in order. */
function* nominals(timing: Timing, after: number): Generator<number> {
  const { startsAt = Number.NEGATIVE_INFINITY, endsAt = Number.POSITIVE_INFINITY } = timing;
  for (const nominal of unbounded(timing, Math.max(after, startsAt - 1))) {
    if (nominal > endsAt) return;
    yield nominal;
  }
}

function* unbounded(
  { cron, everyMs, anchor, startsAt, timeZone, seed }: Timing,
  after: number,
): Generator<number> {
  if (cron === undefined) {
    const every = everyMs ?? Number.POSITIVE_INFINITY;
    if (!Number.isFinite(every)) return;
    // One that was told when to start begins then; any other, one interval after it was made.
    const first = Math.max(startsAt === undefined ? 1 : 0, Math.floor((after - anchor) / every) + 1);
    for (let index = first; ; index += 1) yield anchor + index * every;
  }
  const expression = onDemand.cronParser().CronExpressionParser.parse(cron, {
    currentDate: new Date(beforeChange(after, timeZone)),
    tz: timeZone,
    hashSeed: seed,
  });
  for (;;) {
    let next: number;
    try {
      next = expression.next().getTime();
    } catch {
      // cron-parser gives up on an expression that has no time within years.
      return;
    }
    if (next > after) yield next;
  }
}

/** How long a change of clocks still tells in what cron-parser makes of a moment after it: more than any change. */
const changeTellsMs = 3 * 3_600_000;

/**
 * A moment to look from for the times after this one. Soon after the clocks changed, by half an hour in some zones, what
 * cron-parser finds depends on where it begins: it then begins before the change, from wherever it is asked.
 */
function beforeChange(moment: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  const offsetAt = (at: number) =>
    format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value;
  const earlier = moment - changeTellsMs;
  return offsetAt(earlier) === offsetAt(moment) ? moment : earlier;
}

/** Between 0 and `jitterMs`, drawn from the schedule and the time, so that every machine draws the same. */
function jitterOf({ jitterMs, seed }: Timing, nominal: number): number {
  return drawUpTo(jitterMs, `${seed}\n${nominal}`);
}

/** A whole number from 0 to `most`, always the same for the same text, spread evenly over texts. */
export function drawUpTo(most: number, text: string): number {
  if (most === 0) return 0;
  const drawn = createHash("sha256").update(text).digest().readUIntBE(0, 6);
  return Math.floor((drawn / 2 ** 48) * (most + 1));
}
