import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { cancelRun } from "../../../src/job/cancel.ts";
import { reconcile } from "../../../src/job/queue/reconcile.ts";
import { type Service, startService } from "../../../src/main.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../../support/parts.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { ended, flowStarted, quickUser, submit } from "../../support/runs.ts";

describe.each(["postgres", "redis"] as const)("a worker on %s", (backend) => {
  let redis: TestRedis | undefined;
  let site: PracticeSite;
  let ground: TestParts;
  let service: Service;
  let identity: Identity;

  beforeAll(async () => {
    site = await startPracticeSite({ users: [quickUser] });
    redis = backend === "redis" ? await startRedis() : undefined;
    ground = await openTestParts({
      ...(redis === undefined ? {} : { redisUrl: redis.url }),
      settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_CONCURRENCY: "3" },
    });
    service = await startService(ground.parts, new Set(["worker"]));
  });
  afterAll(async () => {
    await service.stop(1_000);
    await ground[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
    await site.close();
  });
  beforeEach(async () => {
    site.reset();
    identity = await addPracticeIdentity(ground.parts, site.url, quickUser, {
      name: `ada-${randomUUID().slice(0, 8)}`,
    });
  });

  async function queued(runId: string) {
    const { backend: queueBackend } = await ground.parts.queueing();
    const queue = queueBackend.queue("latchkey");
    try {
      return (await queue.getJob(runId)) as unknown as
        | { returnvalue: unknown; failedReason?: string; stacktrace: string[]; data: object }
        | undefined;
    } finally {
      await queue.close();
    }
  }

  test("takes a job from the queue to its outcome, and the row tells the stages", async () => {
    const runId = await submit(ground.parts, {
      identityId: identity.id,
      flow: "trial/look",
      input: { word: "hello" },
    });
    const run = await ended(ground.parts, runId);
    expect(run).toMatchObject({
      status: "succeeded",
      attempts: 1,
      outcome: { status: "succeeded", result: { word: "hello" } },
    });
    expect(run.stages.map(({ name }) => name)).toEqual(["identity", "session", "login", "flow", "save"]);
    await expect
      .poll(async () => (await queued(runId))?.returnvalue)
      .toMatchObject({ runId, status: "succeeded", result: { word: "hello" } });
  });

  test("tells the queue of a failure in our own words, without a stack", async () => {
    const runId = await submit(ground.parts, {
      identityId: identity.id,
      flow: "trial/misbehave",
      input: { how: "throw" },
    });
    const run = await ended(ground.parts, runId);
    expect(run.outcome).toMatchObject({
      code: "flow_failed",
      evidence: { error: expect.stringContaining("secret words") },
    });
    await expect
      .poll(async () => (await queued(runId))?.failedReason)
      .toBe('flow_failed: The flow threw a TypeError in the step "break".');
    expect(JSON.stringify(await queued(runId))).not.toContain("secret words");
  });

  test("spends attempts on retryable failures only", async () => {
    const retried = await ended(
      ground.parts,
      await submit(
        ground.parts,
        { identityId: identity.id, flow: "trial/misbehave", input: { how: "refuse" } },
        { attempts: 3 },
      ),
    );
    expect(retried).toMatchObject({ status: "failed", attempts: 3, outcome: { code: "flow_failed" } });
    const final = await ended(
      ground.parts,
      await submit(
        ground.parts,
        { identityId: identity.id, flow: "trial/misbehave", input: { how: "throw" } },
        { attempts: 3 },
      ),
    );
    expect(final).toMatchObject({ status: "failed", attempts: 1 });
  });

  test("runs many jobs of one identity one after another, with one login", async () => {
    const runIds = await Promise.all(
      Array.from({ length: 8 }, () => submit(ground.parts, { identityId: identity.id, flow: "trial/look" })),
    );
    const runs = await Promise.all(runIds.map((runId) => ended(ground.parts, runId)));
    expect(runs.map(({ status, attempts }) => [status, attempts])).toEqual(
      Array.from({ length: 8 }, () => ["succeeded", 1]),
    );
    expect(site.counters.logins).toBe(1);
    const spans = runs
      .map(({ stages }) => {
        const last = stages.at(-1);
        return [
          stages.find(({ name }) => name === "session")?.startedAt ?? 0,
          (last?.startedAt ?? 0) + (last?.durationMs ?? 0),
        ] as const;
      })
      .sort(([a], [b]) => a - b);
    // Stage times are whole milliseconds.
    const overlaps = spans.filter(([start], index) => index > 0 && start < (spans[index - 1]?.[1] ?? 0) - 2);
    expect(overlaps).toEqual([]);
  });

  test("cancels a run that is running, and one that waits", async () => {
    const { database, runs } = await ground.parts.store();
    const { queue } = await ground.parts.queueing();
    const running = await submit(ground.parts, {
      identityId: identity.id,
      flow: "trial/misbehave",
      input: { how: "hang on the page" },
    });
    const waiting = await submit(
      ground.parts,
      { identityId: identity.id, flow: "trial/look" },
      { delayMs: 60_000 },
    );
    await flowStarted(ground.parts, running);
    const cancelledAt = performance.now();
    await cancelRun({ database, runs, queue }, "default", running);
    await cancelRun({ database, runs, queue }, "default", waiting);
    expect((await ended(ground.parts, running)).outcome).toMatchObject({ code: "cancelled" });
    expect(performance.now() - cancelledAt).toBeLessThan(2_000);
    expect((await ended(ground.parts, waiting)).outcome).toMatchObject({ code: "cancelled" });
    expect((await cancelRun({ database, runs, queue }, "default", waiting)).outcome).toMatchObject({
      code: "cancelled",
    });
  });

  test("takes a job that a producer put into the queue by itself", async () => {
    const { runs, database } = await ground.parts.store();
    const connection = redis === undefined ? undefined : new Redis(redis.url, { maxRetriesPerRequest: null });
    const producer = connection === undefined ? undefined : new Queue("latchkey", { connection });
    const { backend: queueBackend } = await ground.parts.queueing();
    const queue = producer ?? queueBackend.queue("latchkey");
    const marker = `straight-${randomUUID()}`;
    try {
      await queue.add("run", { flow: "trial/look", identityId: identity.name, input: { word: marker } }, {});
      await queue.add("run", { flow: "trial/look", identityId: identity.name, password: "x" } as never, {});
      await queue.add("run", "no object at all" as never, {});
    } finally {
      await queue.close();
      await connection?.quit();
    }
    const list = () => runs.list({ project: "default", limit: 200 });
    await expect
      .poll(async () => (await list()).find(({ input }) => JSON.stringify(input)?.includes(marker)), {
        timeout: 20_000,
      })
      .toMatchObject({ status: "succeeded", identityId: identity.id });
    await expect
      .poll(
        async () =>
          (await list()).filter(
            ({ outcome }) => outcome?.status === "failed" && outcome.code === "invalid_job",
          ).length,
      )
      .toBe(2);
    expect(database.embedded).toBe(false);
  });

  test("gives runs in flight back to the queue, unspent, when it stops; another worker finishes them", async () => {
    await service.stop(1_000);
    const leaving = await startService(ground.another(), new Set(["worker"]));
    const runId = await submit(ground.parts, {
      identityId: identity.id,
      flow: "trial/misbehave",
      input: { how: "never end", ms: 1_500 },
    });
    await flowStarted(ground.parts, runId);
    await leaving.stop(0);
    const { runs } = await ground.parts.store();
    expect(await runs.get("default", runId)).toMatchObject({ status: "queued", worker: null });

    service = await startService(ground.another(), new Set(["worker"]));
    expect(await ended(ground.parts, runId)).toMatchObject({ status: "succeeded", attempts: 1 });
  });

  test("queues again a run the queue has forgotten", async () => {
    const { runs, database } = await ground.parts.store();
    const { queue } = await ground.parts.queueing();
    const runId = randomUUID();
    await runs.create(
      runId,
      { project: "default", flow: "trial/look", identityId: identity.id, trace: false },
      { maxAttempts: 1 },
    );
    await database.kysely
      .updateTable("runs")
      .set({ created_at: new Date(Date.now() - 3_600_000) })
      .where("id", "=", runId)
      .execute();
    expect(await reconcile({ db: database.kysely, runs, queue, log: ground.parts.log })).toBe(1);
    expect(await ended(ground.parts, runId)).toMatchObject({ status: "succeeded" });
    expect(await reconcile({ db: database.kysely, runs, queue, log: ground.parts.log })).toBe(0);
  });
});
