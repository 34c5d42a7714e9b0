import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { Identity } from "../../src/identity/types.ts";
import type { Run } from "../../src/job/record/runs.ts";
import { type Service, startService } from "../../src/main.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { people } from "../support/people.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type RestartablePostgres, startRestartablePostgres } from "../support/restartable-postgres.ts";
import { ended, flowStarted, submit } from "../support/runs.ts";

/** How long a hold outlives its holder here: long enough for a quick restart, short enough for a long one. */
const leaseTtlMs = 3_000;

describe.each(["postgres", "redis"] as const)("with the queue on %s", (backend) => {
  let postgres: RestartablePostgres;
  let redis: TestRedis | undefined;
  let folder: string;
  let site: PracticeSite;
  let ground: TestParts;
  let service: Service;
  let ada: Identity;
  let ben: Identity;

  beforeAll(async () => {
    const users = people(2);
    site = await startPracticeSite({ users });
    postgres = await startRestartablePostgres();
    folder = await mkdtemp(join(tmpdir(), "latchkey-test-redis-"));
    redis = backend === "redis" ? await startRedis(undefined, folder) : undefined;
    ground = await openTestParts({
      databaseUrl: postgres.url,
      ...(redis === undefined ? {} : { redisUrl: redis.url }),
      settings: {
        LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
        LATCHKEY_CONCURRENCY: "2",
        LATCHKEY_LEASE_TTL_MS: String(leaseTtlMs),
      },
    });
    const [first, second] = await Promise.all(
      users.map((user) => addPracticeIdentity(ground.parts, site.url, user, { name: user.username })),
    );
    if (first === undefined || second === undefined) throw new Error("unreachable");
    [ada, ben] = [first, second];
    service = await startService(ground.parts, new Set(["worker"]));
  });
  afterAll(async () => {
    await service.stop(1_000);
    await ground[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
    await site.close();
    await rm(folder, { recursive: true, force: true });
  });

  const longFlow = (identity: Identity, ms: number, attempts = 1) =>
    submit(
      ground.parts,
      { flow: "trial/misbehave", identityId: identity.id, input: { how: "never end", ms } },
      { attempts },
    );
  const shortFlow = (identity: Identity) =>
    submit(ground.parts, { flow: "trial/look", identityId: identity.id });

  /** How often the run's end was told, and whether its flow's stage was. */
  async function told(run: Run): Promise<{ outcomes: number; stagesEnded: string[] }> {
    const { database } = await ground.parts.store();
    const rows = await database.kysely
      .selectFrom("run_events")
      .select("event")
      .where("run_id", "=", run.id)
      .orderBy("seq")
      .execute();
    const events = rows.map(({ event }) => event as { type: string; status?: string; stage?: string });
    return {
      outcomes: events.filter(({ type }) => type === "outcome").length,
      stagesEnded: events.flatMap(({ type, status, stage }) =>
        type === "stage" && status === "ended" && stage !== undefined ? [stage] : [],
      ),
    };
  }

  test("a Postgres that crashes under a run, and is back soon, costs it nothing", {
    timeout: 60_000,
  }, async () => {
    const runId = await longFlow(ada, 800);
    await flowStarted(ground.parts, runId);
    await postgres.crash();
    // The flow ends meanwhile: its outcome has nowhere to go yet.
    await delay(1_300);
    await postgres.start();
    const run = await ended(ground.parts, runId);
    expect(run).toMatchObject({ status: "succeeded", attempts: 1 });
    const events = await told(run);
    expect(events.outcomes).toBe(1);
    expect(events.stagesEnded).toEqual(["identity", "session", "login", "flow", "save"]);
    // What listens has come back too: the next run is taken up and seen.
    expect(await ended(ground.parts, await shortFlow(ada))).toMatchObject({
      status: "succeeded",
      attempts: 1,
    });
  });

  test("one that is away longer than a hold lasts costs an attempt, and no second password", {
    timeout: 60_000,
  }, async () => {
    const logins = site.counters.passwordSubmits;
    const runId = await longFlow(ben, 6_000, 2);
    await flowStarted(ground.parts, runId);
    await postgres.stop();
    await delay(leaseTtlMs + 500);
    await postgres.start();
    const run = await ended(ground.parts, runId);
    expect(run).toMatchObject({ status: "succeeded" });
    expect(run.attempts).toBeLessThanOrEqual(2);
    expect((await told(run)).outcomes).toBe(1);
    expect(site.counters.passwordSubmits - logins).toBe(1);
  });

  test.runIf(backend === "redis")(
    "a Redis that is restarted with its data loses no run",
    {
      timeout: 60_000,
    },
    async () => {
      const running = await longFlow(ada, 1_500);
      const waiting = await shortFlow(ada);
      await flowStarted(ground.parts, running);
      const { port } = redis ?? { port: 0 };
      await redis?.[Symbol.asyncDispose]();
      await delay(300);
      redis = await startRedis(port, folder);
      for (const runId of [running, waiting]) {
        const run = await ended(ground.parts, runId);
        expect(run).toMatchObject({ status: "succeeded", attempts: 1 });
        expect((await told(run)).outcomes).toBe(1);
      }
    },
  );

  test.runIf(backend === "redis")(
    "one that comes back empty loses none either: what runs ends, what waits is queued again",
    { timeout: 60_000 },
    async () => {
      const running = await longFlow(ada, 1_500);
      // Submitted at once, the short one might be taken up first, and be over before Redis is.
      await flowStarted(ground.parts, running);
      const waiting = await shortFlow(ada);
      const { queue } = await ground.parts.queueing();
      await expect.poll(() => queue.look(waiting)).toMatchObject({ state: "delayed" });
      const { port } = redis ?? { port: 0 };
      await redis?.[Symbol.asyncDispose]();
      redis = await startRedis(port);
      const runs = [await ended(ground.parts, running), await ended(ground.parts, waiting)];
      for (const run of runs) {
        expect(run).toMatchObject({ status: "succeeded", attempts: 1 });
        expect((await told(run)).outcomes).toBe(1);
      }
      expect(ground.logged()).toContain("a run the queue had forgotten is queued again");
    },
  );
});
