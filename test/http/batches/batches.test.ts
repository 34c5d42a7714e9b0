import { resolve } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../../practice/site.ts";
import { readEventStream } from "../../../src/client/event-stream.ts";
import type { Batch, BatchEvent } from "../../../src/client/index.ts";
import { listen } from "../../../src/http/listen.ts";
import { type Service, startService } from "../../../src/main.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../../support/parts.ts";

const [, ben] = practiceUsers;
let site: PracticeSite;
let ground: TestParts;
let api: TestApi;
let key: string;
let url: string;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ben] });
  ground = await openTestParts({
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_CONCURRENCY: "2" },
  });
  api = await openTestApi(ground.parts);
  key = await api.addKey("admin");
  url = await listen(api.app, { host: "127.0.0.1", port: 0 });
  for (const name of ["ben", "benjamin"]) await addPracticeIdentity(ground.parts, site.url, ben, { name });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
});

const look = (identityId: string, word: string) => ({ flow: "trial/look", identityId, input: { word } });
const submit = (payload: object, headers: Record<string, string> = {}) =>
  api.call({ method: "POST", url: "/v1/batches", payload, headers });
const get = async (id: string) => (await api.call({ url: `/v1/batches/${id}` })).json<Batch>();

async function counted() {
  const { database } = await ground.parts.store();
  const { queue } = await ground.parts.queueing();
  const { rows } = await sql<{ runs: number; batches: number }>`
    select (select count(*)::int from runs) as runs, (select count(*)::int from batches) as batches
  `.execute(database.kysely);
  return { ...rows[0], jobs: (await queue.counts())["waiting"] };
}

test("a thousand runs are taken in as one, in their order, and cancelled as one", async () => {
  const before = await counted();
  const runs = Array.from({ length: 1_000 }, (_, index) =>
    look(index % 2 === 0 ? "ben" : "benjamin", `${index}`),
  );
  const response = await submit({ name: "nightly", runs });
  expect(response.statusCode, response.body).toBe(202);
  const { batch, runIds } = response.json<{ batch: Batch; runIds: string[] }>();
  expect(response.headers.location).toBe(`/v1/batches/${batch.id}`);
  expect(batch).toMatchObject({ name: "nightly", total: 1_000, endedAt: null, counts: { queued: 1_000 } });
  expect(new Set(runIds).size).toBe(1_000);
  const seventh = await api.call({ url: `/v1/runs/${runIds[7]}` });
  expect(seventh.json()).toMatchObject({ input: { word: "7" }, batchId: batch.id });
  expect((await counted()).jobs).toBe((before.jobs ?? 0) + 1_000);
  const listed = await api.call({ url: `/v1/runs?batchId=${batch.id}&limit=1000` });
  expect(listed.json<{ items: unknown[] }>().items).toHaveLength(1_000);

  const cancelled = await api.call({ method: "DELETE", url: `/v1/batches/${batch.id}` });
  expect(cancelled.statusCode).toBe(200);
  expect(cancelled.json()).toMatchObject({
    counts: { queued: 0, failed: 1_000 },
    failures: { cancelled: 1_000 },
    endedAt: expect.any(String),
  });
  expect((await counted()).jobs).toBe(before.jobs);
});

test("all are submitted or none: each fault is told with its place", async () => {
  const before = await counted();
  const response = await submit({
    runs: [
      look("ben", "fine"),
      look("nobody", "fine"),
      { flow: "trial/none", identityId: "ben" },
      { flow: "trial/look", identityId: "ben", input: { word: 7 } },
      { flow: "trial/look", identityId: "ben", webhookUrl: "https://10.0.0.1/" },
    ],
  });
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({
    error: {
      code: "invalid_input",
      message: expect.stringMatching(/^Nothing was submitted: runs\.1\.identityId: .* and 3 more faults\.$/),
      details: [
        { path: "runs.1.identityId" },
        { path: "runs.2", message: expect.stringContaining("trial/none") },
        { path: "runs.3", message: expect.stringContaining("word") },
        { path: "runs.4", message: expect.stringContaining("webhookUrl") },
      ],
    },
  });
  expect(await counted()).toEqual(before);
  for (const runs of [[], Array.from({ length: 1_001 }, () => look("ben", "x"))]) {
    expect((await submit({ runs })).statusCode).toBe(400);
  }
});

test("the same request again, at once or later, is the batch the first one made", async () => {
  const headers = { "idempotency-key": "nightly-7" };
  const body = { runs: [look("ben", "a"), look("benjamin", "b")] };
  const answers = await Promise.all([submit(body, headers), submit(body, headers), submit(body, headers)]);
  const made = answers.map((answer) => answer.json<{ batch: Batch; runIds: string[] }>());
  expect(new Set(made.map(({ batch }) => batch.id)).size).toBe(1);
  const [first] = made;
  expect((await submit(body, headers)).json()).toMatchObject({ runIds: first?.runIds });
  expect((await submit({ runs: [look("ben", "c")] }, headers)).statusCode).toBe(409);
  await api.call({ method: "DELETE", url: `/v1/batches/${first?.batch.id}` });
});

test("another project's batch is not found, by any way to it", async () => {
  const { batch } = (await submit({ runs: [look("ben", "a")] })).json<{ batch: Batch }>();
  const { database } = await ground.parts.store();
  await sql`insert into projects (id) values ('other')`.execute(database.kysely);
  const stranger = await api.addKey("admin", "other");
  for (const [method, path] of [
    ["GET", `/v1/batches/${batch.id}`],
    ["GET", `/v1/batches/${batch.id}/events`],
    ["DELETE", `/v1/batches/${batch.id}`],
  ] as const) {
    expect((await api.call({ method, url: path, key: stranger })).statusCode, `${method} ${path}`).toBe(404);
  }
  const listed = await api.call({ url: "/v1/batches", key: stranger });
  expect(listed.json()).toEqual({ items: [] });
  await api.call({ method: "DELETE", url: `/v1/batches/${batch.id}` });
});

test("one stream tells of its runs as they end, and of the whole at its end", async () => {
  const service: Service = await startService(ground.parts, new Set(["worker"]));
  try {
    const runs = [
      look("ben", "one"),
      look("benjamin", "two"),
      { flow: "trial/misbehave", identityId: "ben", input: { how: "throw" } },
    ];
    const { batch, runIds } = (await submit({ runs })).json<{ batch: Batch; runIds: string[] }>();
    const events = await follow(batch.id);
    const ends = events.filter((event) => event.type === "run").map(({ run }) => run);
    expect(new Set(ends.map(({ id }) => id))).toEqual(new Set(runIds));
    expect(ends.find(({ id }) => id === runIds[2])).toMatchObject({ status: "failed", code: "flow_failed" });
    expect(events[0]).toMatchObject({ type: "progress", total: 3 });
    expect(events.at(-1)).toMatchObject({
      type: "ended",
      batch: {
        counts: { succeeded: 2, failed: 1 },
        failures: { flow_failed: 1 },
        endedAt: expect.any(String),
      },
    });
    // Whoever comes late is told the same ends.
    const again = await follow(batch.id);
    expect(again.filter((event) => event.type === "run")).toHaveLength(3);
    expect(again.at(-1)).toEqual({ type: "ended", batch: await get(batch.id) });
  } finally {
    await service.stop(1_000);
  }
});

async function follow(id: string): Promise<BatchEvent[]> {
  const { body, headers } = await fetch(`${url}/v1/batches/${id}/events`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(25_000),
  });
  expect(headers.get("content-type")).toMatch(/^text\/event-stream/);
  expect.assert(body !== null);
  const events: BatchEvent[] = [];
  for await (const { data } of readEventStream(body)) events.push(JSON.parse(data) as BatchEvent);
  return events;
}
