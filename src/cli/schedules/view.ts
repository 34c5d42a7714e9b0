import { formatInterval } from "../../job/schedule/interval.ts";
import { timingOf } from "../../job/schedule/schedule-rows.ts";
import type { Schedule, ScheduleView } from "../../job/schedule/schedules.ts";
import { nextFires } from "../../job/schedule/timing.ts";
import type { CliContext } from "../context.ts";
import { ago, ahead, inZone } from "../format.ts";
import type { Cell } from "../table.ts";

/** `0 3 * * 1-5 Europe/Berlin`, `every 15m`. */
export function whenText({ cron, everyMs, timeZone }: Schedule): string {
  return cron === null ? `every ${formatInterval(everyMs ?? 0)}` : `${cron} ${timeZone}`;
}

/** Its next times, in its own zone, and how far off they are. */
export function nextTimes(schedule: Schedule, count = 5): string[] {
  return nextFires(timingOf(schedule), Date.now(), count).map((at) => {
    const date = new Date(at);
    return `${inZone(date, schedule.timeZone)} (${ahead(date)})`;
  });
}

/** What it waits for, as a table's cell. */
export function nextCell({ style, stdout }: CliContext, { paused, nextAt }: Schedule): Cell {
  if (paused) return { text: "paused", style: style.yellow };
  if (nextAt === null) return { text: "over", style: style.dim };
  return stdout.isTTY ? ahead(nextAt) : nextAt.toISOString();
}

/** What it last did, as a table's cell: a refusal or a run that was left out says more than the run before it. */
export function lastCell({ style, stdout }: CliContext, { lastFire, lastRun }: ScheduleView): Cell {
  const at = (date: Date) => (stdout.isTTY ? ago(date) : date.toISOString());
  if (lastFire?.result === "refused")
    return { text: `✗ ${lastFire.code ?? "refused"}, ${at(lastFire.fireAt)}`, style: style.red };
  if (lastFire?.result === "skipped" || lastFire?.result === "missed")
    return { text: `${lastFire.result}, ${at(lastFire.fireAt)}`, style: style.yellow };
  if (lastRun === null) return { text: "never", style: style.dim };
  const { status, code, createdAt } = lastRun;
  const colour = { succeeded: style.green, failed: style.red }[status as string] ?? style.cyan;
  return { text: `${code === null ? status : `✗ ${code}`}, ${at(createdAt)}`, style: colour };
}
