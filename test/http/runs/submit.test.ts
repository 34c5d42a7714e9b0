import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureProject } from "../../../src/identity/projects.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { createSubmitter } from "../../../src/job/submitter.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { startRedis } from "../../support/redis.ts";

interface RunJson {
  id: string;
  status: string;
  retryOf: string | null;
  tags: Record<string, string>;
  outcome: { code?: string } | null;
}

let ground: TestParts;
let api: TestApi;
let identity: Identity;
const actor = { name: "test" };

beforeAll(async () => {
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
  api = await openTestApi(ground.parts);
  const { identities } = await ground.parts.store();
  identity = await identities.create(
    "default",
    { name: "ada", sourceUrl: "https://site.example/", credentials: [] },
    actor,
  );
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const job = (more: object = {}) => ({ flow: "trial/look", identityId: "ada", ...more });
const submit = (body: object, headers: Record<string, string> = {}) =>
  api.call({ method: "POST", url: "/v1/runs", payload: body, headers });
const submitted = async (body: object = job(), headers: Record<string, string> = {}) => {
  const response = await submit(body, headers);
  expect(response.statusCode, response.body).toBe(202);
  return response.json<RunJson>();
};
const get = async (id: string) => (await api.call({ url: `/v1/runs/${id}` })).json<RunJson>();
const list = async (query: string, more: object = {}) => {
  const response = await api.call({ url: `/v1/runs?${query}`, ...more });
  expect(response.statusCode, response.body).toBe(200);
  return response.json<{ items: RunJson[]; nextCursor: string | null }>();
};
const queuedJob = async (id: string) => {
  const { backend } = await ground.parts.queueing();
  const queue = backend.queue("latchkey");
  try {
    return await queue.getJob(id);
  } finally {
    await queue.close();
  }
};

test("a run is answered as it was queued, and its job says what was asked for", async () => {
  const response = await submit(
    job({
      input: { word: "hello" },
      priority: 3,
      delayMs: 60_000,
      deadlineMs: 5_000,
      attempts: 7,
      codeTimeoutMs: 0,
      trace: true,
      tags: { order: "42" },
    }),
  );
  expect(response.statusCode).toBe(202);
  const run = response.json<RunJson>();
  expect(response.headers.location).toBe(`/v1/runs/${run.id}`);
  expect(run).toMatchObject({
    flow: "trial/look",
    identityId: identity.id,
    project: "default",
    status: "queued",
    input: { word: "hello" },
    tags: { order: "42" },
    attempts: 0,
    maxAttempts: 7,
    retryOf: null,
    outcome: null,
    artifacts: [],
    endedAt: null,
  });
  expect(await get(run.id)).toEqual(run);
  expect(await queuedJob(run.id)).toMatchObject({
    name: "run",
    data: { runId: run.id, identityId: identity.id, trace: true, deadlineMs: 5_000, codeTimeoutMs: 0 },
    opts: { priority: 3, delay: 60_000, attempts: 7 },
  });
  const { database } = await ground.parts.store();
  const events = await database.kysely
    .selectFrom("run_events")
    .select("event")
    .where("run_id", "=", run.id)
    .execute();
  expect(events).toEqual([{ event: { type: "queued" } }]);
});

test("an identity that a provider alone has is taken by its id, alone or in a batch, and asked for by the worker", async () => {
  const elsewhere = { flow: "trial/look", identityId: randomUUID(), provider: "anchor", delayMs: 60_000 };
  const run = await submitted(elsewhere);
  expect(run).toMatchObject({ identityId: elsewhere.identityId, provider: "anchor", status: "queued" });
  expect(await queuedJob(run.id)).toMatchObject({
    data: { identityId: elsewhere.identityId, provider: "anchor" },
  });
  const batch = await api.call({ method: "POST", url: "/v1/batches", payload: { runs: [elsewhere] } });
  expect(batch.statusCode, batch.body).toBe(202);

  for (const refused of [
    { ...elsewhere, provider: "local" },
    { ...elsewhere, identityId: "nobody" },
    { ...elsewhere, provider: undefined },
  ])
    expect((await submit(refused)).statusCode).toBe(404);
  expect((await submit({ ...elsewhere, provider: "moon" })).statusCode).toBe(400);
});

test("what a worker would refuse is refused at once, and leaves nothing", async () => {
  const { database } = await ground.parts.store();
  const count = async () =>
    (await sql<{ n: string }>`select count(*) as n from runs`.execute(database.kysely)).rows[0]?.n;
  const before = await count();
  const refusals: [object, number, string, string?][] = [
    [job({ flow: "trial/nothing" }), 404, "unknown_flow"],
    [job({ identityId: "nobody" }), 404, "unknown_identity"],
    [job({ identityId: randomUUID() }), 404, "unknown_identity"],
    [job({ input: { word: 4 } }), 400, "invalid_input", "word"],
    [job({ inptu: {} }), 400, "invalid_argument", "body"],
    [job({ project: "other" }), 400, "invalid_argument", "body"],
    [job({ priority: -1 }), 400, "invalid_argument", "body.priority"],
    [job({ delayMs: 1.5 }), 400, "invalid_argument", "body.delayMs"],
    [{ flow: "trial/look" }, 400, "invalid_argument", "body.identityId"],
    [job({ input: { word: "nul\0" } }), 400, "invalid_argument", "body.input.word"],
  ];
  for (const [body, status, code, path] of refusals) {
    const response = await submit(body);
    expect(response.json()).toMatchObject({ error: { status, code } });
    const { error } = response.json<{ error: { details?: { path: string }[] } }>();
    expect(error.details?.[0]?.path).toBe(path);
  }
  expect(await count()).toBe(before);
});

test("the same request with the same key is one run, also when many come at once", async () => {
  const headers = { "idempotency-key": `"${randomUUID()}"` };
  const body = job({ input: { word: "once" }, tags: { a: "1", b: "2" } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => submit(body, headers)));
  expect(new Set(answers.map((answer) => answer.json<RunJson>().id)).size).toBe(1);
  expect(
    answers.filter(({ headers: { "idempotency-replayed": replayed } }) => replayed === "true"),
  ).toHaveLength(19);

  const reordered = job({ tags: { b: "2", a: "1" }, input: { word: "once" } });
  const [first] = answers;
  expect((await submitted(reordered, headers)).id).toBe(first?.json<RunJson>().id);
  // With or without the quotes of a structured field it is the same name.
  const bare = { "idempotency-key": headers["idempotency-key"].slice(1, -1) };
  expect((await submitted(body, bare)).id).toBe(first?.json<RunJson>().id);
});

test("the same key with another request is refused, and another project's key is another", async () => {
  const headers = { "idempotency-key": "order-42" };
  const run = await submitted(job({ input: { word: "one" } }), headers);
  const other = await submit(job({ input: { word: "two" } }), headers);
  expect(other.json()).toMatchObject({ error: { code: "conflict", status: 409 } });

  const { database, identities } = await ground.parts.store();
  await ensureProject(database, "theirs");
  await identities.create(
    "theirs",
    { name: "ada", sourceUrl: "https://site.example/", credentials: [] },
    actor,
  );
  const key = await api.addKey("submit", "theirs");
  const theirs = await api.call({
    method: "POST",
    url: "/v1/runs",
    key,
    headers,
    payload: job({ input: { word: "two" } }),
  });
  expect(theirs.statusCode).toBe(202);
  expect(theirs.json<RunJson>().id).not.toBe(run.id);
});

test("an idempotency key is forgotten after a day, and a refused request does not use one up", async () => {
  const headers = { "idempotency-key": randomUUID() };
  expect((await submit(job({ identityId: "nobody" }), headers)).statusCode).toBe(404);
  const first = await submitted(job(), headers);
  const { database } = await ground.parts.store();
  await sql`update idempotency_keys set created_at = now() - interval '25 hours'`.execute(database.kysely);
  const second = await submitted(job(), headers);
  expect(second.id).not.toBe(first.id);
  for (const key of ["", "ü", "a b", "x".repeat(300), 'in"ner']) {
    expect((await submit(job(), { "idempotency-key": key })).statusCode, key).toBe(400);
  }
});

test("submissions that come together are all taken, each refused on its own account", async () => {
  const bodies = Array.from({ length: 300 }, (_, n) => {
    if (n % 50 === 7) return job({ identityId: "nobody" });
    return job({ input: { word: `word ${n}` }, identityId: n % 2 === 0 ? "ada" : identity.id });
  });
  const answers = await Promise.all(bodies.map((body) => submit(body)));
  const taken = answers.filter(({ statusCode }) => statusCode === 202);
  expect(taken).toHaveLength(294);
  expect(new Set(taken.map((answer) => answer.json<RunJson>().id)).size).toBe(294);
  expect(answers.filter(({ statusCode }) => statusCode === 404)).toHaveLength(6);
  const { queue } = await ground.parts.queueing();
  const states = await Promise.all(taken.slice(0, 20).map((answer) => queue.look(answer.json<RunJson>().id)));
  expect(new Set(states.map(({ state }) => state))).toEqual(new Set(["waiting"]));
});

test("one that cannot be stored does not spoil those that came with it", async () => {
  // Past the schema, which would have refused it: no column holds the number.
  const { submitter } = api.deps;
  const options = { attempts: 1 };
  const base = { project: "default", flow: "trial/look", identityId: "ada", trace: false };
  const spoilt = submitter.submit({ job: { ...base, deadlineMs: 2 ** 40 }, options });
  const sound = Array.from({ length: 5 }, () => submitter.submit({ job: base, options }));
  await expect(spoilt).rejects.toMatchObject({ code: "invalid_job" });
  for (const { run } of await Promise.all(sound)) expect(run.status).toBe("queued");
});

test("runs are listed newest first, page by page, whatever is submitted meanwhile", async () => {
  const tags = { batch: randomUUID() };
  const made = await Promise.all(Array.from({ length: 25 }, () => submitted(job({ tags }))));
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${cursor}`;
    const page = await list(`tag=batch:${tags.batch}&limit=10${query}`);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    await submitted(job({ tags }));
  } while (cursor !== null);
  expect(seen).toHaveLength(25);
  expect(new Set(seen)).toEqual(new Set(made.map(({ id }) => id)));
});

test("runs are found by status, flow, identity, tags and time", async () => {
  const mark = randomUUID();
  const before = new Date().toISOString();
  const one = await submitted(job({ tags: { mark, colour: "red", note: "a:b" } }));
  const two = await submitted(job({ tags: { mark, colour: "blue" } }));
  await api.call({ method: "DELETE", url: `/v1/runs/${two.id}` });
  const ids = async (query: string) => (await list(`tag=mark:${mark}&${query}`)).items.map(({ id }) => id);
  expect(await ids("tag=colour:red")).toEqual([one.id]);
  expect(await ids("tag=note:a:b")).toEqual([one.id]);
  expect(await ids("status=failed")).toEqual([two.id]);
  expect(await ids("identityId=ada")).toHaveLength(2);
  expect(await ids(`identityId=${identity.id}`)).toHaveLength(2);
  expect(await ids(`identityId=${randomUUID()}`)).toEqual([]);
  expect(await ids("flow=trial/look")).toHaveLength(2);
  expect(await ids("flow=trial/nothing")).toEqual([]);
  expect(await ids(`createdAfter=${before}`)).toHaveLength(2);
  expect(await ids(`createdBefore=${before}`)).toEqual([]);
  expect((await api.call({ url: "/v1/runs?identityId=nobody" })).json()).toMatchObject({
    error: { code: "unknown_identity" },
  });
  for (const query of [
    "status=odd",
    "tag=x",
    "limit=0",
    "limit=1001",
    "cursor=x",
    "cursor=e30",
    "colour=red",
  ]) {
    expect((await api.call({ url: `/v1/runs?${query}` })).statusCode, query).toBe(400);
  }
});

test("a waiting run is cancelled at once; an ended one stays as it is, and can be done again", async () => {
  const run = await submitted(
    job({ input: { word: "again" }, tags: { a: "b" }, attempts: 2, deadlineMs: 9_000 }),
  );
  expect((await api.call({ method: "POST", url: `/v1/runs/${run.id}/retry` })).json()).toMatchObject({
    error: { code: "conflict" },
  });
  const cancelled = await api.call({ method: "DELETE", url: `/v1/runs/${run.id}` });
  expect(cancelled.statusCode).toBe(200);
  expect(cancelled.json()).toMatchObject({ id: run.id, status: "failed", outcome: { code: "cancelled" } });
  expect((await api.call({ method: "DELETE", url: `/v1/runs/${run.id}` })).json()).toEqual(cancelled.json());

  const headers = { "idempotency-key": randomUUID() };
  const retries = await Promise.all(
    [1, 2].map(() => api.call({ method: "POST", url: `/v1/runs/${run.id}/retry`, headers })),
  );
  const [again, twin] = retries.map((answer) => answer.json<RunJson>());
  expect(again).toMatchObject({
    status: "queued",
    retryOf: run.id,
    input: { word: "again" },
    tags: { a: "b" },
    maxAttempts: 2,
  });
  expect(twin?.id).toBe(again?.id);
  expect(await queuedJob(again?.id ?? "")).toMatchObject({ data: { deadlineMs: 9_000, runId: again?.id } });
});

test("a run of another project is not found, whatever is done to it", async () => {
  const { database } = await ground.parts.store();
  await ensureProject(database, "elsewhere");
  const key = await api.addKey("admin", "elsewhere");
  const { id } = await submitted();
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "/retry"],
    ["GET", "/events"],
    ["GET", "/artifacts/page.png"],
  ] as const) {
    const response = await api.call({ method, url: `/v1/runs/${id}${path}`, key });
    expect(response.json(), `${method} ${path}`).toMatchObject({ error: { code: "not_found" } });
  }
  expect((await list("", { key })).items).toEqual([]);
  expect((await get(id)).status).toBe("queued");
});

test("a code for a run that has ended is refused", async () => {
  const { id } = await submitted();
  const hand = (payload: object) => api.call({ method: "POST", url: `/v1/runs/${id}/code`, payload });
  expect((await hand({ code: "123456" })).statusCode).toBe(202);
  for (const body of [{}, { code: "" }, { code: "1", link: "2" }, { kode: "1" }, { code: 123_456 }]) {
    expect((await hand(body)).statusCode, JSON.stringify(body)).toBe(400);
  }
  await api.call({ method: "DELETE", url: `/v1/runs/${id}` });
  expect((await hand({ code: "123456" })).json()).toMatchObject({ error: { code: "conflict" } });
});

test("a queue that does not answer is a failure one may try again, with the same key", async () => {
  await using redis = await startRedis();
  await using far = await openTestParts({
    redisUrl: redis.url,
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") },
  });
  const { identities } = await far.parts.store();
  await identities.create(
    "default",
    { name: "ada", sourceUrl: "https://site.example/", credentials: [] },
    actor,
  );
  const { database, runs } = await far.parts.store();
  const { queue } = await far.parts.queueing();
  const catalogue = await far.parts.catalogue();
  const submitter = createSubmitter({
    db: database.kysely,
    catalogue,
    identities,
    runs,
    queue,
    webhookAllow: far.parts.config.webhookAllow,
    queueTimeoutMs: 500,
  });
  await using other = await openTestApi(far.parts, { submitter });
  const request = {
    method: "POST",
    url: "/v1/runs",
    payload: job(),
    headers: { "idempotency-key": "try-again" },
  } as const;
  process.kill(redis.pid, "SIGSTOP");
  const refused = await other.call(request);
  process.kill(redis.pid, "SIGCONT");
  expect(refused.json()).toMatchObject({
    error: { code: "queue_unavailable", status: 503, retryable: true },
  });
  const { items } = (await other.call({ url: "/v1/runs" })).json<{ items: RunJson[] }>();
  expect(items).toMatchObject([{ status: "failed", outcome: { code: "queue_unavailable" } }]);

  const taken = await other.call(request);
  expect(taken.statusCode).toBe(202);
  expect(taken.json<RunJson>().id).not.toBe(items[0]?.id);
});
