import type { Selectable } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { FailureCode } from "../../failure.ts";
import type { Run } from "../record/runs.ts";
import type { RunOptions } from "./schedule-input.ts";
import type { Timing } from "./timing.ts";

/** What one of a schedule's times came to. */
export interface Fire {
  /** The time itself, jitter included; for one by hand, when it was asked for. */
  fireAt: Date;
  byHand: boolean;
  /** `skipped`: the run before it was still going. `missed`: nobody was there. `refused`: no run could be made. */
  result: "submitted" | "skipped" | "missed" | "refused";
  runId: string | null;
  /** Of a refusal. */
  code: FailureCode | null;
  /** Our own text. */
  reason: string | null;
}

/** Runs that are made by themselves. */
export interface Schedule {
  id: string;
  project: string;
  /** Unique within the project. */
  name: string;
  /** `run`: a flow as an identity. `health`: a look at every identity of an application, or of the project. */
  kind: "run" | "health";
  flow: string;
  /** Null for `health`. */
  identityId: string | null;
  /** For `health`: null for the whole project. */
  applicationId: string | null;
  input: unknown;
  options: RunOptions & HealthOptions;
  cron: string | null;
  everyMs: number | null;
  timeZone: string;
  jitterMs: number;
  overlap: "skip" | "queue" | "cancel_old";
  missed: "run_once" | "skip";
  startsAt: Date | null;
  endsAt: Date | null;
  paused: boolean;
  /** Raised by every change. */
  revision: number;
  /** The time it waits for; null while it is paused, and after its last. */
  nextAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What only a schedule of kind `health` has. */
export interface HealthOptions {
  /** Whether its checks may sign identities in again. */
  reauthenticate?: boolean;
}

/** A schedule with what it last did. */
export interface ScheduleView extends Schedule {
  lastFire: Fire | null;
  /** The newest run it made, by its times or by hand. */
  lastRun: (Pick<Run, "id" | "status" | "createdAt" | "endedAt"> & { code: FailureCode | null }) | null;
}

export type ScheduleRow = Selectable<Tables["schedules"]>;

export function toSchedule(row: ScheduleRow): Schedule {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    kind: row.kind,
    flow: row.flow,
    identityId: row.identity_id,
    applicationId: row.application_id,
    input: row.input,
    options: row.options as Schedule["options"],
    cron: row.cron,
    everyMs: row.every_ms === null ? null : Number(row.every_ms),
    timeZone: row.time_zone,
    jitterMs: row.jitter_ms,
    overlap: row.overlap,
    missed: row.missed,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    paused: row.paused,
    revision: row.revision,
    nextAt: row.next_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** When its times are. A health check's jitter is not one of its times but spreads its looks. */
export function timingOf(schedule: Schedule): Timing {
  const { id, kind, cron, everyMs, timeZone, jitterMs, startsAt, endsAt, createdAt } = schedule;
  return {
    ...(cron === null ? {} : { cron }),
    ...(everyMs === null ? {} : { everyMs }),
    anchor: (startsAt ?? createdAt).getTime(),
    timeZone,
    jitterMs: kind === "health" ? 0 : jitterMs,
    ...(startsAt === null ? {} : { startsAt: startsAt.getTime() }),
    ...(endsAt === null ? {} : { endsAt: endsAt.getTime() }),
    seed: id,
  };
}
