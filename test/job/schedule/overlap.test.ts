import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, type PracticeUser, startPracticeSite } from "../../../practice/site.ts";
import { cancelRun } from "../../../src/job/cancel.ts";
import type { Run } from "../../../src/job/record/runs.ts";
import { addSchedule } from "../../../src/job/schedule/change-schedule.ts";
import type { NewSchedule } from "../../../src/job/schedule/schedule-input.ts";
import type { Schedule } from "../../../src/job/schedule/schedules.ts";
import { type Service, startService } from "../../../src/main.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../../support/parts.ts";
import { ended, quickUser } from "../../support/runs.ts";
import { eventually } from "../../support/schedules.ts";

/** One for each test: they sign in at the same time. */
const userOf = (name: string): PracticeUser => ({
  ...quickUser,
  username: `${name.replace(" ", "-")}@larch.example`,
  secondFactor: false,
});

describe.concurrent("runs of one schedule, on a worker", () => {
  let site: PracticeSite;
  let ground: TestParts;
  let service: Service;

  beforeAll(async () => {
    site = await startPracticeSite({
      users: [userOf("queues up"), userOf("leaves out"), userOf("gives way")],
    });
    ground = await openTestParts({
      settings: {
        LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
        LATCHKEY_CONCURRENCY: "6",
        LATCHKEY_LEASE_TTL_MS: "2000",
      },
    });
    service = await startService(ground.parts, new Set(["worker"]));
  });
  afterAll(async () => {
    await service.stop(1_000);
    await ground[Symbol.asyncDispose]();
    await site.close();
  });

  /** One every second, whose flow takes longer than that, as an identity that may hold several sessions. */
  async function add(name: string, change: Partial<NewSchedule>): Promise<Schedule> {
    const { identities, schedules } = await ground.parts.store();
    const identity = await addPracticeIdentity(ground.parts, site.url, userOf(name), {
      name,
      maxSessions: 3,
    });
    return await addSchedule(
      {
        catalogue: await ground.parts.catalogue(),
        identities,
        schedules,
        webhookAllow: ground.parts.config.webhookAllow,
      },
      "default",
      {
        name,
        flow: "trial/misbehave",
        identityId: identity.id,
        every: "1s",
        input: { how: "wait politely", ms: 1_500 },
        ...change,
      },
    );
  }

  async function runsOf(schedule: Schedule): Promise<Run[]> {
    const { runs } = await ground.parts.store();
    return (await runs.list({ project: "default", scheduleId: schedule.id, limit: 100 })).toReversed();
  }

  /** No more times, and every run at its end. */
  async function over(schedule: Schedule): Promise<Run[]> {
    const { schedules } = await ground.parts.store();
    await schedules.remove("default", schedule.id);
    const runs = await runsOf(schedule);
    return await Promise.all(runs.map(({ id }) => ended(ground.parts, id)));
  }

  /** When each run's flow began and ended. */
  function flowsOf(runs: Run[]): { from: number; to: number }[] {
    return runs
      .flatMap(({ stages }) => stages.filter(({ name }) => name === "flow"))
      .map(({ startedAt, durationMs }) => ({ from: startedAt, to: startedAt + durationMs }))
      .toSorted((a, b) => a.from - b.from);
  }

  test("queue up, and none begins before the one before it has ended", async () => {
    const schedule = await add("queues up", { overlap: "queue" });
    await eventually(async () => expect((await runsOf(schedule)).length).toBeGreaterThanOrEqual(3));
    const runs = await over(schedule);
    expect(runs.map(({ outcome }) => outcome)).toEqual(
      runs.map(() => ({ status: "succeeded", result: null })),
    );
    const flows = flowsOf(runs);
    expect(flows.length).toBe(runs.length);
    for (const [index, { from }] of flows.entries())
      expect(from).toBeGreaterThanOrEqual(flows[index - 1]?.to ?? 0);
  });

  test("are left out while one goes on", async () => {
    const schedule = await add("leaves out", { overlap: "skip" });
    await eventually(async () => expect((await runsOf(schedule)).length).toBeGreaterThanOrEqual(2));
    const runs = await over(schedule);
    const [first, second] = runs;
    expect(first?.status).toBe("succeeded");
    expect(second?.createdAt.getTime()).toBeGreaterThanOrEqual(first?.endedAt?.getTime() ?? 0);
  });

  test("give way to the newest, which stops the one at work", async () => {
    const schedule = await add("gives way", {
      overlap: "cancel_old",
      input: { how: "wait politely", ms: 30_000 },
    });
    await eventually(async () => {
      const stopped = (await runsOf(schedule)).filter(({ outcome }) => outcome?.status === "failed");
      expect(stopped.some(({ startedAt }) => startedAt !== null)).toBe(true);
    });
    const { database, runs, schedules } = await ground.parts.store();
    const { queue } = await ground.parts.queueing();
    await schedules.remove("default", schedule.id);
    // One more may have been on its way.
    await eventually(async () => {
      const left = (await runsOf(schedule)).filter(({ endedAt }) => endedAt === null);
      for (const { id } of left) await cancelRun({ database, runs, queue }, "default", id);
      expect(left).toEqual([]);
    });
    for (const { outcome } of await runsOf(schedule)) expect(outcome).toMatchObject({ code: "cancelled" });
  });
});
