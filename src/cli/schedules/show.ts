import type { Command } from "commander";
import { listFires } from "../../job/schedule/fires.ts";
import { formatInterval } from "../../job/schedule/interval.ts";
import { timingOf } from "../../job/schedule/schedule-rows.ts";
import type { Fire, ScheduleView } from "../../job/schedule/schedules.ts";
import { nextFires } from "../../job/schedule/timing.ts";
import type { CliContext } from "../context.ts";
import { ago, inZone } from "../format.ts";
import { identityNames } from "../runs/identity-names.ts";
import { type Cell, fields, table } from "../table.ts";
import { nextTimes, whenText } from "./view.ts";

const firesShown = 10;

export function registerShow(group: Command, context: CliContext): void {
  group
    .command("show")
    .description("show a schedule, its next five times, and what the last ones came to")
    .argument("<schedule>", "name or id")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey schedules show invoices")
    .action(async (name: string, { json }: { json?: boolean }) => {
      const { database, schedules } = await context.parts.store();
      const schedule = await schedules.get(context.project, name);
      const fires = await listFires(database.kysely, schedule.id, firesShown);
      if (json === true) {
        const next = nextFires(timingOf(schedule), Date.now(), 5).map((at) => new Date(at));
        return context.json({ ...schedule, nextTimes: schedule.paused ? [] : next, fires });
      }
      const names = await identityNames(database.kysely, [{ identityId: schedule.identityId ?? "" }]);
      context.print(fields(context, rowsOf(schedule, names)));
      context.print();
      context.print(context.style.bold("Next"));
      const next = nextTimes(schedule);
      const none = schedule.paused ? "none while it is paused" : "none any more";
      for (const line of schedule.paused || next.length === 0 ? [none] : next) context.print(`  ${line}`);
      if (fires.length === 0) return;
      context.print();
      context.print(draw(context, schedule, fires));
      context.print(context.style.dim(`\nlatchkey runs --schedule ${schedule.name} lists its runs.`));
    });
}

function rowsOf(schedule: ScheduleView, names: ReadonlyMap<string, string>): [string, string][] {
  const { identityId, options, startsAt, endsAt, timeZone, jitterMs } = schedule;
  const rows: [string, string][] = [
    ["Name", schedule.name],
    ["Id", schedule.id],
    ["Flow", schedule.flow],
  ];
  if (identityId !== null) rows.push(["Identity", names.get(identityId) ?? "(removed)"]);
  rows.push(["When", whenText(schedule)]);
  if (jitterMs > 0) rows.push(["Jitter", `up to ${formatInterval(jitterMs)}`]);
  rows.push(["Overlap", overlapText[schedule.overlap]], ["Missed", missedText[schedule.missed]]);
  if (startsAt !== null) rows.push(["Starts", inZone(startsAt, timeZone)]);
  if (endsAt !== null) rows.push(["Ends", inZone(endsAt, timeZone)]);
  if (schedule.input !== null) rows.push(["Input", JSON.stringify(schedule.input)]);
  if (Object.keys(options).length > 0) rows.push(["Options", JSON.stringify(options)]);
  return rows;
}

const overlapText = {
  skip: "skip: leave a time out while the run before is still going",
  queue: "queue: one run after another",
  cancel_old: "cancel_old: cancel the run that is still going",
};
const missedText = {
  run_once: "run_once: run once when a worker is back",
  skip: "skip: let it pass",
};

function draw(context: CliContext, { timeZone }: ScheduleView, fires: Fire[]): string {
  const { style, stdout } = context;
  const colours = {
    submitted: style.green,
    skipped: style.yellow,
    missed: style.yellow,
    refused: style.red,
  };
  return table(
    context,
    [{ head: "TIME" }, { head: "CAME TO" }, { head: "RUN" }, { head: "WHY", least: 20 }],
    fires.map(({ fireAt, byHand, result, runId, code, reason }): Cell[] => [
      stdout.isTTY ? `${inZone(fireAt, timeZone)} (${ago(fireAt)})` : fireAt.toISOString(),
      { text: byHand ? `${result}, by hand` : result, style: colours[result] },
      runId === null ? "" : stdout.isTTY ? runId.slice(0, 8) : runId,
      code === null ? (reason ?? "") : `${code}: ${reason ?? ""}`,
    ]),
  );
}
