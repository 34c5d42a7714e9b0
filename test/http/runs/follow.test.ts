import { resolve } from "node:path";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { generate } from "otplib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import type { Database } from "../../../src/database/open.ts";
import type { RunEvent } from "../../../src/events.ts";
import { type Service, startService } from "../../../src/main.ts";
import { openTestApi } from "../../support/api.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../../support/parts.ts";
import { quickUser } from "../../support/runs.ts";

interface RunJson {
  id: string;
  status: string;
  artifacts: { name: string; url: string; contentType: string; bytes: number }[];
  outcome: { status: string; result?: unknown; code?: string } | null;
}

let site: PracticeSite;
let ground: TestParts;
let service: Service;
let key: string;

beforeAll(async () => {
  site = await startPracticeSite({ users: [quickUser] });
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
  service = await startService(ground.parts, new Set(["worker", "server"]));
  await addPracticeIdentity(ground.parts, site.url, quickUser, { name: "ada" });
  const { totpSecret: _none, ...noTotp } = quickUser;
  await addPracticeIdentity(ground.parts, site.url, { ...noTotp, secondFactor: false } as typeof quickUser, {
    name: "no-totp",
  });
  const { apiKeys } = await ground.parts.store();
  key = (await apiKeys.add("default", { scope: "submit" }, { name: "test" })).key.reveal();
});
afterAll(async () => {
  await service.stop(1_000);
  await ground[Symbol.asyncDispose]();
  await site.close();
});

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

const ask = (path: string, { headers, ...init }: Asked = {}) =>
  fetch(`${service.url}${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...headers } });

const post = (path: string, body: object, init: Asked = {}) =>
  ask(path, {
    ...init,
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

const submit = async (more: object = {}) => {
  const response = await post("/v1/runs", { flow: "trial/look", identityId: "ada", ...more });
  return (await response.json()) as RunJson;
};

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

/** The events of a stream, as they come. */
async function* events(response: Response): AsyncGenerator<EventSourceMessage & { at: RunEvent }> {
  const waiting: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => waiting.push(event) });
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    parser.feed(chunk);
    for (const event of waiting.splice(0)) yield { ...event, at: JSON.parse(event.data) as RunEvent };
  }
}

test("with wait, the answer is the ended run; too short a wait is answered with the run as it is", async () => {
  const short = await post("/v1/runs?wait=1", {
    flow: "trial/misbehave",
    identityId: "ada",
    input: { how: "never end" },
  });
  expect(short.status).toBe(202);
  const running = (await short.json()) as RunJson;
  expect((await ask(`/v1/runs/${running.id}`, { method: "DELETE" })).status).toBeLessThan(203);
  const stopped = (await (await ask(`/v1/runs/${running.id}?wait=30`)).json()) as RunJson;
  expect(stopped.outcome).toMatchObject({ status: "failed", code: "cancelled" });

  const long = await post("/v1/runs?wait=60", {
    flow: "trial/look",
    identityId: "ada",
    input: { word: "now" },
  });
  expect(long.status).toBe(200);
  expect(await long.json()).toMatchObject({ status: "succeeded", outcome: { result: { word: "now" } } });
});

test("a client that goes away ends the waiting, and the run goes on", async () => {
  const gone = new AbortController();
  const waiting = post(
    "/v1/runs?wait=60",
    { flow: "trial/look", identityId: "ada", tags: { gone: "yes" } },
    { signal: gone.signal },
  );
  const runs = async () =>
    ((await (await ask("/v1/runs?tag=gone:yes")).json()) as { items: RunJson[] }).items;
  await expect.poll(runs, { timeout: 5_000 }).toHaveLength(1);
  gone.abort();
  await expect(waiting).rejects.toThrow("aborted");
  await expect.poll(async () => (await runs())[0]?.status, { timeout: 20_000 }).toBe("succeeded");
});

test("a run is followed from its first event to its outcome, and taken up again after any of them", async () => {
  const { id } = await submit({ input: { word: "followed" } });
  const response = await ask(`/v1/runs/${id}/events`);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const all = await collect(events(response));
  const types = all.map(({ event }) => event);
  expect(types[0]).toBe("queued");
  expect(types.at(-1)).toBe("outcome");
  expect(types).toEqual(expect.arrayContaining(["started", "stage", "step"]));
  expect(all.at(-1)?.at).toMatchObject({ type: "outcome", outcome: { result: { word: "followed" } } });

  const [, second, third] = all;
  for (const later of [
    await ask(`/v1/runs/${id}/events`, { headers: { "last-event-id": second?.id ?? "" } }),
    await ask(`/v1/runs/${id}/events?after=${second?.id}`),
  ]) {
    const rest = await collect(events(later));
    expect(rest.map((event) => event.id)).toEqual(all.slice(2).map((event) => event.id));
    expect(rest[0]?.id).toBe(third?.id);
  }
  // 204 tells an EventSource that it need not connect again.
  expect((await ask(`/v1/runs/${id}/events?after=${all.at(-1)?.id}`)).status).toBe(204);
  for (const after of ["x", "-1", "1e3", "9".repeat(30)])
    expect((await ask(`/v1/runs/${id}/events?after=${after}`)).status).toBe(400);
});

test("a run that ended untold ends its stream with the outcome all the same", async () => {
  const { database } = await ground.parts.store();
  const run = (await (
    await post("/v1/runs?wait=60", { flow: "trial/look", identityId: "ada" })
  ).json()) as RunJson;
  await database.kysely.deleteFrom("run_events").where("run_id", "=", run.id).execute();
  const all = await collect(events(await ask(`/v1/runs/${run.id}/events`)));
  expect(all).toMatchObject([{ event: "outcome", at: { outcome: { status: "succeeded" } } }]);
});

test("a stream whose client goes away is let go of", async () => {
  const { database } = await ground.parts.store();
  let listening = 0;
  const counted: Database = {
    ...database,
    async listen(...subscription) {
      const heard = await database.listen(...subscription);
      listening += 1;
      return {
        async [Symbol.asyncDispose]() {
          listening -= 1;
          await heard[Symbol.asyncDispose]();
        },
      };
    },
  };
  await using api = await openTestApi(ground.parts, { database: counted });
  const url = await api.app.listen({ host: "127.0.0.1", port: 0 });
  const headers = { authorization: `Bearer ${key}` };
  const { id } = await submit({ flow: "trial/misbehave", input: { how: "never end" } });
  const gone = new AbortController();
  const streams = [];
  for (let n = 0; n < 3; n += 1) {
    const stream = events(await fetch(`${url}/v1/runs/${id}/events`, { headers, signal: gone.signal }));
    await stream.next();
    streams.push(stream);
  }
  expect(listening).toBe(3);
  gone.abort();
  await expect.poll(() => listening).toBe(0);
  await ask(`/v1/runs/${id}`, { method: "DELETE" });
  await ask(`/v1/runs/${id}?wait=30`);
});

test("files of a run are downloaded by their links, without a key, and do nothing in this origin", async () => {
  const run = (await (
    await post("/v1/runs?wait=60", { flow: "trial/misbehave", identityId: "ada", input: { how: "throw" } })
  ).json()) as RunJson;
  const picture = run.artifacts.find(({ name }) => name.endsWith(".png"));
  const response = await fetch(`${service.url}${picture?.url}`);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "image/png",
    "content-disposition": `inline; filename="${picture?.name}"; filename*=UTF-8''${picture?.name}`,
    "content-security-policy": expect.stringContaining("sandbox"),
    "x-content-type-options": "nosniff",
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(bytes).toHaveLength(picture?.bytes ?? 0);
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");

  const [path = ""] = (picture?.url ?? "").split("?");
  expect((await ask(path)).status).toBe(200);
  expect((await fetch(`${service.url}${path}`)).status).toBe(401);
  expect((await ask(`/v1/runs/${run.id}/artifacts/nothing.png`)).status).toBe(404);
  expect((await ask(`/v1/runs/${run.id}/artifacts/${encodeURIComponent("../../master.key")}`)).status).toBe(
    404,
  );
});

test("a code that is waited for is handed in, and stands in no log", async () => {
  const { id } = await submit({ identityId: "no-totp" });
  for await (const { event } of events(await ask(`/v1/runs/${id}/events`))) {
    if (event === "waiting_for_code") break;
    expect(event).not.toBe("outcome");
  }
  const code = await generate({ secret: quickUser.totpSecret, period: 1 });
  const answer = await post(`/v1/runs/${id}/code`, { code });
  expect(answer.status).toBe(202);
  const run = (await (await ask(`/v1/runs/${id}?wait=25`)).json()) as RunJson;
  expect(run.outcome).toMatchObject({ status: "succeeded" });
  expect(ground.logged()).not.toContain(code);
  expect(JSON.stringify(run)).not.toContain(code);
});

test("a server that stops ends its streams and its waiting answers, at once and cleanly", async () => {
  const { id } = await submit({ flow: "trial/misbehave", input: { how: "never end" } });
  const second = ground.another();
  const server = await startService(second, new Set(["server"]));
  const headers = { authorization: `Bearer ${key}` };
  const stream = events(await fetch(`${server.url}/v1/runs/${id}/events`, { headers }));
  await stream.next();
  const waiting = fetch(`${server.url}/v1/runs/${id}?wait=60`, { headers });
  const left = collect(stream);
  await fetch(`${server.url}/live`);
  const startedAt = performance.now();
  await server.stop(1_000);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect((await left).map(({ event }) => event)).not.toContain("outcome");
  expect(await (await waiting).json()).toMatchObject({ id, outcome: null });
  await ask(`/v1/runs/${id}`, { method: "DELETE" });
  await ask(`/v1/runs/${id}?wait=30`);
});
