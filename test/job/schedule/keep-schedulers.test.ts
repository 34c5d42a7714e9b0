import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import type { Fire, Schedule } from "../../../src/job/schedule/schedules.ts";
import { openTickQueue } from "../../../src/job/schedule/tick-queue.ts";
import { eventually, keepSchedules, openScheduleGround } from "../../support/schedules.ts";

// Each on a database and a queue of its own: they stop, start and lose them.
describe.concurrent("keeping the queue in line with the schedules", () => {
  describe.each(["postgres", "redis"] as const)("on %s", (backend) => {
    test("four processes that start at once make no duplicates", async () => {
      await using ground = await openScheduleGround(backend);
      const made = await Promise.all([ground.add(), ground.add(), ground.add()]);
      const { another } = ground.ground;
      const started = await Promise.all(
        [ground.parts, another(), another(), another()].map((parts) => keepSchedules(parts)),
      );
      await Promise.all(made.map((schedule) => ground.came(schedule, 3)));
      const { schedulers, delayed } = await ground.queued();
      expect(schedulers.toSorted()).toEqual(made.map(({ id }) => id).toSorted());
      expect(delayed).toBeLessThanOrEqual(3);
      await Promise.all(started.map((keeper) => keeper.stop()));

      const logged = ground.ground.logged();
      expect(logged.split("schedule put into the queue")).toHaveLength(1 + 3);
      for (const schedule of made) {
        const came = await ground.fires(schedule);
        const phases = came.map(({ fireAt }) => (fireAt.getTime() - schedule.createdAt.getTime()) % 1_000);
        expect(new Set(phases)).toEqual(new Set([0]));
        expect((await ground.runsOf(schedule)).map(({ id }) => id).toSorted()).toEqual(
          came.map(({ runId }) => runId ?? "").toSorted(),
        );
        // Each time was worked on by one process, once.
        const worked = logged
          .split("\n")
          .filter((line) => line.includes("a schedule's time came") && line.includes(schedule.name));
        expect(worked).toHaveLength(came.length);
      }
    });

    test("after a restart schedules go on, and what was missed runs once or is let pass", async () => {
      await using ground = await openScheduleGround(backend);
      const [once, never] = await Promise.all([ground.add(), ground.add({ missed: "skip" })]);
      const first = await keepSchedules(ground.parts);
      await Promise.all([ground.came(once, 1), ground.came(never, 1)]);
      await first.stop();
      const known = await Promise.all([ground.fires(once), ground.fires(never)]);
      await sleep(3_100);
      expect(await ground.fires(once)).toEqual(known[0]);

      const back = Date.now();
      const second = await keepSchedules(ground.parts, { missedAfterMs: 2_000 });
      const since = async (schedule: Schedule) =>
        (await ground.fires(schedule)).filter(({ fireAt }) => fireAt.getTime() >= back);
      await eventually(async () => {
        for (const schedule of [once, never])
          expect(await since(schedule)).toContainEqual(expect.objectContaining({ result: "submitted" }));
      });
      await second.stop();
      const missed = async (schedule: Schedule, { length }: Fire[]) =>
        (await ground.fires(schedule)).slice(0, -length).filter(({ fireAt }) => fireAt.getTime() < back);
      expect(await missed(once, known[0])).toMatchObject([{ result: "submitted" }]);
      expect(await missed(never, known[1])).toMatchObject([
        { result: "missed", runId: null, reason: expect.stringContaining("no worker was there") },
      ]);
    });
  });

  test("a Redis that lost its data while workers run is filled again, in the same phase", async () => {
    await using ground = await openScheduleGround("redis");
    const schedule = await ground.add();
    const keeper = await keepSchedules(ground.parts, { keepEveryMs: 300 });
    await ground.came(schedule, 1);
    await flush(ground.redis?.url);
    await ground.came(schedule, 4);
    await keeper.stop();
    const phases = (await ground.fires(schedule)).map(({ fireAt }) => fireAt.getTime() % 1_000);
    expect(new Set(phases).size).toBe(1);
  });

  test("a time that passed while nobody was there is made up for, though Redis lost it", async () => {
    await using ground = await openScheduleGround("redis");
    const { schedules } = await ground.parts.store();
    const schedule = await ground.add();
    const first = await keepSchedules(ground.parts);
    await ground.came(schedule, 1);
    await first.stop();
    const known = await ground.fires(schedule);
    const { nextAt } = await schedules.get("default", schedule.id);
    await flush(ground.redis?.url);
    await sleep(1_200);
    const back = Date.now();
    const second = await keepSchedules(ground.parts);
    await ground.came(schedule, known.length + 1);
    await second.stop();
    const madeUp = (await ground.fires(schedule)).at(-known.length - 1);
    expect(madeUp).toMatchObject({ result: "submitted", fireAt: nextAt });
    expect(madeUp?.fireAt.getTime()).toBeLessThan(back);
  });

  test("a scheduler whose waiting job vanished is given another", async () => {
    await using ground = await openScheduleGround("redis");
    const schedule = await ground.add({ cron: "0 3 1 1 *" });
    const keeper = await keepSchedules(ground.parts, { keepEveryMs: 300 });
    const { backend } = await ground.parts.queueing();
    const ticks = openTickQueue({ backend, queueName: "latchkey", log: ground.parts.log });
    const next = schedule.nextAt?.getTime() ?? 0;
    await eventually(async () => expect(await ticks.holds(schedule.id, next)).toBe(true));
    const client = new Redis(ground.redis?.url ?? "");
    await client.zrem("bull:latchkey-schedules:delayed", `repeat:${schedule.id}:${next}`);
    await client.del(`bull:latchkey-schedules:repeat:${schedule.id}:${next}`);
    client.disconnect();
    expect(await ticks.holds(schedule.id, next)).toBe(false);
    await eventually(async () => expect(await ticks.holds(schedule.id, next)).toBe(true));
    await ticks.close();
    await keeper.stop();
  });

  test("a scheduler that no schedule has is removed", async () => {
    await using ground = await openScheduleGround("redis");
    const schedule = await ground.add({ cron: "0 3 1 1 *" });
    const { backend } = await ground.parts.queueing();
    const { database } = await ground.parts.store();
    const ticks = openTickQueue({ backend, queueName: "latchkey", log: ground.parts.log });
    const first = await keepSchedules(ground.parts);
    await eventually(async () => expect((await ticks.list()).has(schedule.id)).toBe(true));
    await first.stop();
    await database.kysely.deleteFrom("schedules").execute();
    const second = await keepSchedules(ground.parts);
    expect(await ground.queued()).toEqual({ schedulers: [], delayed: 0 });
    await ticks.close();
    await second.stop();
  });
});

async function flush(url = ""): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
}
