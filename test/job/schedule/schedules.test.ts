import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIdOfFire } from "../../../src/job/record/run-id.ts";
import { changeSchedule } from "../../../src/job/schedule/change-schedule.ts";
import { fireByHand } from "../../../src/job/schedule/fire-schedule.ts";
import type { NewSchedule } from "../../../src/job/schedule/schedule-input.ts";
import type { Schedules } from "../../../src/job/schedule/schedules.ts";
import type { RunningSchedules } from "../../../src/job/schedule/start-schedules.ts";
import {
  eventually,
  keepSchedules,
  openScheduleGround,
  type ScheduleGround,
} from "../../support/schedules.ts";

// Its tests wait for the same seconds, each for schedules of its own.
describe.concurrent.each(["postgres", "redis"] as const)("schedules on %s", (backend) => {
  let ground: ScheduleGround;
  let keeper: RunningSchedules;
  let schedules: Schedules;

  beforeAll(async () => {
    ground = await openScheduleGround(backend);
    keeper = await keepSchedules(ground.parts, { keepEveryMs: 500 });
    ({ schedules } = await ground.parts.store());
  });
  afterAll(async () => {
    await keeper.stop();
    await ground[Symbol.asyncDispose]();
  });

  test("a time that comes makes one run, which carries its schedule", async () => {
    const schedule = await ground.add({
      input: { word: "again" },
      provider: "local",
      tags: { team: "billing" },
    });
    await ground.came(schedule, 2);
    const [last, before] = await ground.fires(schedule);
    const runs = await ground.runsOf(schedule);
    const fireAt = before?.fireAt.getTime() ?? 0;
    const identityId = schedule.identityId ?? "";
    expect(runs.find(({ id }) => id === before?.runId)).toMatchObject({
      id: runIdOfFire({ scheduleId: schedule.id, fireAt, identityId }),
      flow: "trial/look",
      identityId,
      scheduleId: schedule.id,
      input: { word: "again" },
      provider: "local",
      tags: { team: "billing" },
    });
    // Each second, at the fraction of the second that it was made at.
    expect((last?.fireAt.getTime() ?? 0) - fireAt).toBe(1_000);
    expect((fireAt - schedule.createdAt.getTime()) % 1_000).toBe(0);
    expect((await schedules.get("default", schedule.name)).lastRun).toMatchObject({ status: "queued" });
  });

  test("a run that is still going lets the next time pass, and says so", async () => {
    const schedule = await ground.add({ overlap: "skip" });
    await ground.came(schedule, 2);
    const came = await ground.fires(schedule);
    expect(came.at(-1)).toMatchObject({ result: "submitted" });
    expect(came[0]).toMatchObject({
      result: "skipped",
      reason: `The run before it, ${came.at(-1)?.runId}, was still going.`,
    });
    expect(await ground.runsOf(schedule)).toHaveLength(1);
  });

  test("the newest run replaces the one that waits, where the schedule says so", async () => {
    const schedule = await ground.add({ overlap: "cancel_old" });
    await ground.came(schedule, 3);
    await schedules.pause("default", schedule.id);
    await eventually(async () => {
      const [newest, ...older] = await ground.runsOf(schedule);
      expect(newest?.status).toBe("queued");
      expect(older.length).toBeGreaterThanOrEqual(2);
      for (const run of older) expect(run.outcome).toMatchObject({ code: "cancelled" });
    });
  });

  test("pausing ends its times, resuming begins them again, and removing takes it out of the queue", async () => {
    const schedule = await ground.add();
    const isQueued = async () => (await ground.queued()).schedulers.includes(schedule.id);
    await ground.came(schedule, 1);
    expect((await schedules.pause("default", schedule.id)).nextAt).toBeNull();
    await eventually(async () => expect(await isQueued()).toBe(false));
    await ground.jobsEnded(schedule);
    const count = (await ground.fires(schedule)).length;
    await sleep(1_300);
    expect(await ground.fires(schedule)).toHaveLength(count);
    await schedules.resume("default", schedule.id);
    await ground.came(schedule, count + 1);
    await schedules.remove("default", schedule.id);
    await eventually(async () => expect(await isQueued()).toBe(false));
    expect((await ground.runsOf(schedule)).length).toBeGreaterThan(0);
  });

  test("a change of its times replaces the scheduler", async () => {
    const { identities } = await ground.parts.store();
    const schedule = await ground.add({ cron: "0 3 1 1 *" });
    const changed = await changeSchedule(
      {
        catalogue: await ground.parts.catalogue(),
        identities,
        schedules,
        webhookAllow: ground.parts.config.webhookAllow,
      },
      { project: "default", name: schedule.name, patch: { every: "1s", tags: { changed: "yes" } } },
    );
    expect(changed).toMatchObject({ cron: null, everyMs: 1_000, options: { tags: { changed: "yes" } } });
    await ground.came(schedule, 1);
    const { schedulers } = await ground.queued();
    expect(schedulers.filter((id) => id === schedule.id)).toHaveLength(1);
  });

  test("a schedule with an end makes its last run and leaves the queue", async () => {
    const endsAt = new Date(Date.now() + 4_000);
    const schedule = await ground.add({ endsAt });
    await eventually(async () => expect((await schedules.get("default", schedule.id)).nextAt).toBeNull());
    await ground.jobsEnded(schedule);
    const came = await ground.fires(schedule);
    await sleep(1_200);
    expect(await ground.fires(schedule)).toEqual(came);
    expect(came.length).toBeGreaterThan(0);
    for (const { fireAt } of came) expect(fireAt.getTime()).toBeLessThanOrEqual(endsAt.getTime());
  });

  test("one whose identity was removed says so", async () => {
    const { identities } = await ground.parts.store();
    const schedule = await ground.add();
    await identities.remove("default", schedule.identityId ?? "", { name: "test" });
    await eventually(async () =>
      expect((await schedules.get("default", schedule.id)).lastFire).toMatchObject({
        result: "refused",
        code: "unknown_identity",
      }),
    );
  });

  test("one whose identity the site has refused makes no run that is bound to fail", async () => {
    const { identities } = await ground.parts.store();
    const schedule = await ground.add();
    await identities.setStatus(schedule.identityId ?? "", "failed", "invalid_credentials");
    await eventually(async () =>
      expect((await schedules.get("default", schedule.id)).lastFire).toMatchObject({
        result: "refused",
        code: "identity_failed",
        reason: expect.stringContaining("(invalid_credentials); no run was made"),
      }),
    );
    expect(await ground.runsOf(schedule)).toEqual([]);
  });

  test("one whose identity is inactive makes no run until it is active again", async () => {
    const { identities } = await ground.parts.store();
    const schedule = await ground.add();
    const identityId = schedule.identityId ?? "";
    await identities.update("default", identityId, { state: "inactive" }, { name: "test" });
    await eventually(async () =>
      expect((await schedules.get("default", schedule.id)).lastFire).toMatchObject({
        result: "refused",
        code: "identity_inactive",
      }),
    );
    const before = await ground.runsOf(schedule);
    await identities.update("default", identityId, { state: "active" }, { name: "test" });
    await eventually(async () =>
      expect((await ground.runsOf(schedule)).length).toBeGreaterThan(before.length),
    );
  });

  test("one whose flow is there no more says so", async () => {
    const { database } = await ground.parts.store();
    const schedule = await ground.add();
    await database.kysely
      .updateTable("schedules")
      .set({ flow: "no/flow" })
      .where("id", "=", schedule.id)
      .execute();
    await eventually(async () =>
      expect((await schedules.get("default", schedule.id)).lastFire).toMatchObject({
        result: "refused",
        code: "unknown_flow",
      }),
    );
  });

  test("a run by hand is made at once, paused or not", async () => {
    const schedule = await ground.add({ cron: "0 3 1 1 *", paused: true });
    const { database, identities, runs } = await ground.parts.store();
    const { queue } = await ground.parts.queueing();
    const catalogue = await ground.parts.catalogue();
    const { log } = ground.parts;
    const deps = { db: database.kysely, database, catalogue, identities, runs, queue, log };
    const runId = await fireByHand(
      { ...deps, webhookAllow: ground.parts.config.webhookAllow, attempts: 1, missedAfterMs: 0 },
      schedule,
    );
    expect(await ground.runsOf(schedule)).toMatchObject([{ id: runId, status: "queued" }]);
    expect(await ground.fires(schedule)).toMatchObject([{ byHand: true, result: "submitted", runId }]);
  });

  test("another project sees nothing of it, and names are its own", async () => {
    const { database } = await ground.parts.store();
    await database.kysely.insertInto("projects").values({ id: "other" }).execute();
    const schedule = await ground.add({ name: "mine", cron: "0 3 1 1 *" });
    const notFound = { code: "not_found" };
    await expect(schedules.get("other", schedule.id)).rejects.toMatchObject(notFound);
    await expect(schedules.pause("other", schedule.id)).rejects.toMatchObject(notFound);
    await expect(schedules.remove("other", schedule.id)).rejects.toMatchObject(notFound);
    expect(await schedules.list("other")).toEqual([]);
    await expect(ground.add({ name: "mine", cron: "0 3 1 1 *" })).rejects.toMatchObject({ code: "conflict" });
  });

  test("what makes no sense is refused before anything is stored", async () => {
    const impossible: [Partial<NewSchedule>, object][] = [
      [{ flow: "no/flow" }, { code: "unknown_flow" }],
      [{ identityId: "nobody" }, { code: "unknown_identity" }],
      [{ input: { word: 7 } }, { code: "invalid_input" }],
      [{ cron: "0 3 * * *", every: "1h" }, { code: "invalid_argument" }],
      [{ endsAt: new Date(0) }, { message: expect.stringContaining("never run") }],
      [{ every: "1m", jitter: "2m" }, { message: expect.stringContaining("longer than the 1m") }],
    ];
    for (const [change, failure] of impossible)
      await expect(ground.add({ name: "impossible", ...change })).rejects.toMatchObject(failure);
    await expect(schedules.get("default", "impossible")).rejects.toMatchObject({ code: "not_found" });
  });
});
