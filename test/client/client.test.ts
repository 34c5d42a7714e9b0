import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../practice/site.ts";
import { type Client, createClient, LatchkeyError, type WatchedEvent } from "../../src/client/index.ts";
import { type Service, startService } from "../../src/main.ts";
import { Secret } from "../../src/secret.ts";
import type look from "../support/flows/trial/look.ts";
import type misbehave from "../support/flows/trial/misbehave.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { startProxy } from "../support/tcp-proxy.ts";

const [ada, ben] = practiceUsers;
type Flows = { "trial/look": typeof look; "trial/misbehave": typeof misbehave };

let site: PracticeSite;
let ground: TestParts;
let service: Service;
let apiKey: string;
let client: Client<Flows>;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ada, ben] });
  ground = await openTestParts({
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_CONCURRENCY: "2" },
  });
  const { apiKeys } = await ground.parts.store();
  apiKey = (await apiKeys.add("default", { scope: "submit" }, { name: "test" })).key.reveal();
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
  service = await startService(ground.parts, new Set(["server", "worker"]));
  client = createClient<Flows>({ url: service.url ?? "", apiKey });
});
afterAll(async () => {
  await service.stop(1_000);
  await ground[Symbol.asyncDispose]();
  await site.close();
});

test("a run is submitted and waited for, and its result is of the flow's type", async () => {
  const { outcome, ...run } = await client.run("trial/look", {
    identityId: "ben",
    input: { word: "hello" },
    tags: { order: "7" },
  });
  expect.assert(outcome.status === "succeeded");
  const { result } = outcome;
  expect(result.word satisfies string | undefined).toBe("hello");
  expect(run).toMatchObject({ status: "succeeded", tags: { order: "7" }, endedAt: expect.any(String) });
  const { items } = await client.list({ status: "succeeded", flow: "trial/look" });
  expect(items.map(({ id }) => id)).toContain(run.id);
  expect(await client.get(run.id)).toMatchObject({ id: run.id });
});

test("a run that fails is no error: its outcome has the code", async () => {
  const { outcome } = await client.run("trial/misbehave", { identityId: "ben", input: { how: "throw" } });
  expect(outcome).toMatchObject({ status: "failed", code: "flow_failed", advice: expect.any(String) });
});

test("what the service refuses is an error with its code, advice and the fields at fault", async () => {
  const wrong = client.submit("trial/look", { identityId: "ben", input: { word: 7 as never } });
  await expect(wrong).rejects.toMatchObject({
    name: "LatchkeyError",
    code: "invalid_input",
    status: 400,
    advice: expect.any(String),
    requestId: expect.any(String),
    retryable: false,
  });
  const keyless = createClient({ url: service.url ?? "", apiKey: "lk_none" });
  await expect(keyless.list()).rejects.toMatchObject({ status: 401 });
  await expect(client.get("not-a-run")).rejects.toBeInstanceOf(LatchkeyError);
});

test("the same key is the same run; without one, every submit is a run of its own", async () => {
  const request = { identityId: "ben", input: { word: "once" }, delayMs: 600_000 };
  const [first, again] = [
    await client.submit("trial/look", request, { idempotencyKey: "order-7" }),
    await client.submit("trial/look", request, { idempotencyKey: "order-7" }),
  ];
  expect(again.id).toBe(first.id);
  const other = await client.submit("trial/look", request);
  expect(other.id).not.toBe(first.id);
  expect(await client.cancel(first)).toMatchObject({ outcome: { code: "cancelled" } });
  expect(await client.cancel(other.id)).toMatchObject({ outcome: { code: "cancelled" } });
  const retried = await client.retry(first);
  expect(retried).toMatchObject({ retryOf: first.id });
  await client.wait(retried);
});

test("a stream that breaks is taken up where it broke: each event is told once, in order", async () => {
  await using proxy = await startProxy(new Secret(service.url ?? ""));
  const far = createClient<Flows>({ url: proxy.url.reveal(), apiKey });
  const run = await far.submit("trial/look", { identityId: "ben", input: { word: "broken" } });
  const events: WatchedEvent[] = [];
  for await (const event of far.watch(run)) {
    events.push(event);
    if (event.type !== "stage") continue;
    proxy.cut();
    proxy.resume();
  }
  expect(events.at(-1)).toMatchObject({ type: "outcome", outcome: { status: "succeeded" } });
  const ids = events.map(({ id }) => Number(id));
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  const whole: WatchedEvent[] = [];
  for await (const event of client.watch(run)) whole.push(event);
  expect(events).toEqual(whole);
});

test("a run that waits for a code is handed one", async () => {
  const { identities } = await ground.parts.store();
  const identity = await addPracticeIdentity(
    ground.parts,
    site.url,
    { ...ada, secondFactor: false },
    { name: "ada" },
  );
  const run = await client.submit("trial/look", { identityId: "ada", input: { word: "x" } });
  let waited = 0;
  for await (const event of client.watch(run)) {
    if (event.type !== "waiting_for_code") continue;
    waited += 1;
    await client.handInCode(run, { code: "000000" });
  }
  expect(waited).toBeGreaterThan(0);
  expect(await client.get(run)).toMatchObject({ outcome: { code: "invalid_one_time_code" } });
  await identities.remove("default", identity.id, { name: "test" });
});

test("a batch is followed to its end", async () => {
  const { batch, runIds } = await client.batches.submit([
    { flow: "trial/look", identityId: "ben", input: { word: "a" } },
    { flow: "trial/misbehave", identityId: "ben", input: { how: "throw" } },
  ]);
  expect(runIds).toHaveLength(2);
  expect(await client.batches.wait(batch)).toMatchObject({
    counts: { succeeded: 1, failed: 1 },
    failures: { flow_failed: 1 },
  });
});

test("waiting ends when its signal is aborted, and the run goes on", async () => {
  const run = await client.submit("trial/look", {
    identityId: "ben",
    input: { word: "x" },
    delayMs: 600_000,
  });
  const stop = new AbortController();
  const waiting = client.wait(run, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(await client.get(run)).toMatchObject({ status: "queued" });
  await client.cancel(run);
});
