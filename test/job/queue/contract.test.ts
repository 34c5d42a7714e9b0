import { resolve } from "node:path";
import { Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../../practice/site.ts";
import type { Run } from "../../../src/job/record/runs.ts";
import { type Service, startService } from "../../../src/main.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../../support/parts.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";

// What docs/jobs.md promises to programs that put jobs into the queue themselves. Nothing of ours puts them in here.

const [, ben] = practiceUsers;
let redis: TestRedis;
let client: Redis;
let site: PracticeSite;
let ground: TestParts;
let service: Service;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ben] });
  redis = await startRedis();
  client = new Redis(redis.url, { maxRetriesPerRequest: null });
  ground = await openTestParts({
    redisUrl: redis.url,
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_CONCURRENCY: "2" },
  });
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
  service = await startService(ground.parts, new Set(["worker"]));
});
afterAll(async () => {
  await service.stop(1_000);
  await ground[Symbol.asyncDispose]();
  await client.quit();
  await redis[Symbol.asyncDispose]();
  await site.close();
});

/**
 * Adds a job as BullMQ's Python package leaves it: the fields of its hash (`name`, `data`, `opts`, `timestamp`, `delay`,
 * `priority`), its id in the list, the marker that wakes a worker, and the event. The options have Python's separators.
 */
async function addAsPython(fields: { name?: string; data?: string; timestamp?: string }): Promise<string> {
  const id = String(await client.incr("bull:latchkey:id"));
  const hash = { name: "run", opts: '{"attempts": 1}', timestamp: String(Date.now()), ...fields };
  await client
    .multi()
    .hset(`bull:latchkey:${id}`, { delay: "0", priority: "0", ...hash })
    .xadd("bull:latchkey:events", "*", "event", "added", "jobId", id, "name", hash.name)
    .lpush("bull:latchkey:wait", id)
    .zadd("bull:latchkey:marker", 0, "0")
    .xadd("bull:latchkey:events", "*", "event", "waiting", "jobId", id)
    .exec();
  return id;
}

async function runOf(jobId: string): Promise<Run | undefined> {
  const { runs } = await ground.parts.store();
  const runId = await runs.idOfJob(jobId);
  if (runId === undefined) return undefined;
  const { rows } = { rows: await runs.list({ project: "default", limit: 1_000 }) };
  return rows.find(({ id }) => id === runId);
}

/** The job's run once it has ended. */
async function endOf(jobId: string): Promise<Run> {
  await expect
    .poll(async () => (await runOf(jobId))?.endedAt ?? null, { timeout: 20_000, interval: 50 })
    .not.toBe(null);
  const run = await runOf(jobId);
  expect.assert(run !== undefined);
  return run;
}

describe("a job that a producer put into the queue itself", () => {
  test("is run, and its answer is read with BullMQ alone", async () => {
    const connection = { url: redis.url };
    const queue = new Queue("latchkey", { connection });
    const events = new QueueEvents("latchkey", { connection });
    try {
      const data = {
        flow: "trial/look",
        identityId: "ben",
        input: { word: "straight" },
        tags: { order: "1" },
      };
      const job = await queue.add("run", data, { attempts: 3, backoff: { type: "latchkey" } });
      const answer = await job.waitUntilFinished(events, 20_000);
      expect(answer).toEqual({
        runId: expect.stringMatching(/^[\da-f-]{36}$/),
        status: "succeeded",
        result: expect.objectContaining({ word: "straight" }),
      });
      const refused = await queue.add("run", { ...data, flow: "trial/none" });
      await expect(refused.waitUntilFinished(events, 20_000)).rejects.toThrow(/^unknown_flow: /);
    } finally {
      await events.close();
      await queue.close();
    }
  });

  test("is run as BullMQ's Python package writes it", async () => {
    const jobId = await addAsPython({
      data: '{"flow": "trial/look", "identityId": "ben", "input": {"word": "gr\\u00fc\\u00df"}}',
    });
    expect(await endOf(jobId)).toMatchObject({ status: "succeeded", outcome: { result: { word: "grüß" } } });
    const answer = () => client.hget(`bull:latchkey:${jobId}`, "returnvalue");
    await expect.poll(answer).not.toBe(null);
    expect(JSON.parse((await answer()) ?? "")).toMatchObject({
      status: "succeeded",
      result: { word: "grüß" },
    });
  });
});

const malformed = {
  "no data": {},
  "data that is no JSON": { data: '{"flow": "trial/look", ' },
  "data of NaN, as Python writes it": { data: '{"flow": "trial/look", "identityId": "ben", "input": NaN}' },
  null: { data: "null" },
  "a string": { data: '"trial/look"' },
  "a list": { data: '[{"flow": "trial/look"}]' },
  "a field that nobody knows": { data: '{"flow": "trial/look", "identityId": "ben", "password": "x"}' },
  "numbers for names": { data: '{"flow": 1, "identityId": 2}' },
  "a NUL in a name": { data: '{"flow": "trial/look\\u0000", "identityId": "ben"}' },
  "a NUL in the input": { data: '{"flow": "trial/look", "identityId": "ben", "input": {"word": "\\u0000"}}' },
  "a NUL in a tag's name": { data: '{"flow": "trial/look", "identityId": "ben", "tags": {"a\\u0000": "b"}}' },
  "half a character": { data: '{"flow": "trial/look", "identityId": "ben", "input": {"word": "\\ud800"}}' },
  "input without a bottom": {
    data: `{"flow": "trial/look", "identityId": "ben", "input": ${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
  },
  "another prototype": { data: '{"flow": "trial/look", "identityId": "ben", "__proto__": {"trace": true}}' },
  "no time": { data: '"x"', timestamp: "" },
} satisfies Record<string, Parameters<typeof addAsPython>[0]>;

test("malformed jobs become failed runs, and the worker goes on", { timeout: 60_000 }, async () => {
  const ids = new Map<string, string>();
  for (const [what, fields] of Object.entries(malformed)) ids.set(what, await addAsPython(fields));
  for (const [what, jobId] of ids) {
    const run = await endOf(jobId);
    expect({ what, run }).toMatchObject({
      what,
      run: { status: "failed", outcome: { code: "invalid_job" } },
    });
    await expect
      .poll(() => client.hget(`bull:latchkey:${jobId}`, "failedReason"), { message: what })
      .toMatch(/^invalid_job: /);
  }
  const after = await addAsPython({ data: '{"flow": "trial/look", "identityId": "ben"}' });
  expect(await endOf(after)).toMatchObject({ status: "succeeded" });
});

test("a job whose options are no JSON, which no client of BullMQ writes, holds up no other", async () => {
  const broken = await addAsPython({ data: "null", opts: "{attempts" } as object);
  const after = await addAsPython({ data: '{"flow": "trial/look", "identityId": "ben"}' });
  expect(await endOf(after)).toMatchObject({ status: "succeeded" });
  await client.del(`bull:latchkey:${broken}`);
});
