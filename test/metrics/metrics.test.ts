import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { openDatabase } from "../../src/database/open.ts";
import { createApp } from "../../src/http/app.ts";
import type { Identity } from "../../src/identity/types.ts";
import { cancelRun } from "../../src/job/cancel.ts";
import { createLogger } from "../../src/log.ts";
import { type Service, startService } from "../../src/main.ts";
import { countInto } from "../../src/metrics/count.ts";
import { faults } from "../../src/metrics/faults.ts";
import { openMetrics } from "../../src/metrics/open.ts";
import { createMetrics } from "../../src/metrics/registry.ts";
import { createObservers } from "../../src/observe.ts";
import { createRedactor } from "../../src/redact.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { ended, quickUser, submit } from "../support/runs.ts";
import { startProxy } from "../support/tcp-proxy.ts";

const token = "a-token-for-prometheus";
let site: PracticeSite;
let ground: TestParts;
let service: Service;
let identity: Identity;

beforeAll(async () => {
  site = await startPracticeSite({ users: [quickUser] });
  ground = await openTestParts({
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_METRICS_TOKEN: token },
  });
  identity = await addPracticeIdentity(ground.parts, site.url, quickUser, { name: "somebody-by-name" });
  service = await startService(ground.parts, new Set(["worker", "server"]));
});
afterAll(async () => {
  await service.stop(0);
  await ground[Symbol.asyncDispose]();
  await site.close();
});

const scrape = async () => {
  const response = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  return await response.text();
};

/** A sample's value, by its name with labels as they are written. */
function value(text: string, sample: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

test("a scrape shows what runs came to, how sessions were signed in, and what is under way", async () => {
  const { id: identityId } = identity;
  await ended(ground.parts, await submit(ground.parts, { flow: "trial/look", identityId }));
  await ended(ground.parts, await submit(ground.parts, { flow: "trial/look", identityId }));
  const thrown = { flow: "trial/misbehave", identityId, input: { how: "throw" } };
  await ended(ground.parts, await submit(ground.parts, thrown));
  const delayed = await submit(ground.parts, { flow: "trial/look", identityId }, { delayMs: 60_000 });
  await expect.poll(async () => value(await scrape(), "latchkey_runs_in_flight")).toBe(0);
  const before = await scrape();
  expect(value(before, 'latchkey_runs{status="queued"}')).toBe(1);
  expect(value(before, 'latchkey_queue_jobs{state="delayed"}')).toBe(1);
  expect(value(before, "latchkey_oldest_waiting_job_seconds")).toBe(0);
  const { runs, database } = await ground.parts.store();
  const { queue } = await ground.parts.queueing();
  await cancelRun({ runs, database, queue }, "default", delayed);

  await expect
    .poll(async () => value(await scrape(), 'latchkey_runs_ended_total{outcome="failed",code="cancelled"}'))
    .toBe(1);
  const text = await scrape();
  expect(value(text, 'latchkey_runs_ended_total{outcome="succeeded",code=""}')).toBe(2);
  expect(value(text, 'latchkey_runs_ended_total{outcome="failed",code="flow_failed"}')).toBe(1);
  expect(value(text, 'latchkey_run_duration_seconds_count{outcome="succeeded"}')).toBe(2);
  expect(value(text, "latchkey_run_wait_seconds_count")).toBe(3);
  expect(value(text, 'latchkey_stage_duration_seconds_count{stage="flow",result="failed"}')).toBe(1);
  expect(value(text, 'latchkey_stage_duration_seconds_count{stage="login",result="ok"}')).toBe(3);
  expect(value(text, 'latchkey_logins_total{result="signed_in"}')).toBe(1);
  expect(value(text, 'latchkey_logins_total{result="saved_state"}')).toBe(2);
  expect(value(text, 'latchkey_login_submits_total{what="password"}')).toBe(1);
  expect(value(text, 'latchkey_login_submits_total{what="code"}')).toBe(1);
  expect(value(text, 'latchkey_browsers_total{what="started"}')).toBe(1);
  expect(value(text, "latchkey_browsers_open")).toBe(1);
  expect(value(text, "latchkey_browser_contexts_open")).toBeGreaterThanOrEqual(1);
  expect(value(text, 'latchkey_identities{status="validated"}')).toBe(1);
  expect(value(text, 'latchkey_leases_held{kind="session"}')).toBe(0);
  expect(value(text, 'latchkey_dependency_up{part="database"}')).toBe(1);
  expect(value(text, 'latchkey_dependency_up{part="queue"}')).toBe(1);
  expect(Math.abs(value(text, "latchkey_clock_offset_seconds") ?? 9)).toBeLessThan(2);
  expect(value(text, "latchkey_worker_concurrency")).toBeGreaterThan(0);
  expect(value(text, "latchkey_artifacts_free_bytes")).toBeGreaterThan(0);
  expect(value(text, "process_resident_memory_bytes")).toBeGreaterThan(1e7);
  expect(text).toMatch(
    /latchkey_http_request_duration_seconds_count\{method="GET",route="\/metrics",status="200"\}/,
  );
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  for (const secret of [identity.name, identity.id, quickUser.username, site.url, "trial/look"])
    expect(text).not.toContain(secret);
});

test("a Chromium that dies is counted, and its contexts are no longer open", async () => {
  const { pool } = await ground.parts.browsers();
  const runId = await submit(ground.parts, {
    flow: "trial/misbehave",
    identityId: identity.id,
    input: { how: "never end" },
  });
  await ended(ground.parts, runId, (event) => {
    if (event.type === "stage" && event.stage === "flow" && event.status === "started")
      for (const group of pool.groups()) process.kill(-group, "SIGKILL");
  });
  const text = await scrape();
  expect(value(text, 'latchkey_browsers_total{what="died"}')).toBe(1);
  expect(value(text, 'latchkey_runs_ended_total{outcome="failed",code="browser_crashed"}')).toBe(1);
});

test("without its token the metrics are refused, in the one shape of refusals", async () => {
  for (const authorization of ["", "Bearer wrong", `Basic ${token}`]) {
    const response = await fetch(`${service.url}/metrics`, { headers: { authorization } });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: "unauthenticated" } });
  }
});

test("without a token set only this machine is answered, and nobody through a proxy on it", async () => {
  const app = createApp({
    log: ground.parts.log,
    readiness: {},
    metrics: { scrape: async () => ({ contentType: "text/plain", text: "up 1" }), token: undefined },
  });
  const ask = async (options: { remoteAddress?: string; headers?: Record<string, string> }) =>
    (await app.inject({ url: "/metrics", ...options })).statusCode;
  expect(await ask({ remoteAddress: "127.0.0.1" })).toBe(200);
  expect(await ask({ remoteAddress: "::ffff:127.0.0.1" })).toBe(200);
  expect(await ask({ remoteAddress: "::1" })).toBe(200);
  expect(await ask({ remoteAddress: "10.0.0.7" })).toBe(401);
  expect(await ask({ remoteAddress: "127.0.0.1", headers: { "x-forwarded-for": "10.0.0.7" } })).toBe(401);
  await app.close();
});

test("a worker alone answers at LATCHKEY_METRICS_PORT", async () => {
  const another = await openTestParts({ settings: { LATCHKEY_METRICS_PORT: "0" } });
  const running = await startService(another.parts, new Set([]));
  const [, url] = /"url":"(http[^"]+)"[^\n]*metrics are served/.exec(another.logged()) ?? [];
  expect(await (await fetch(`${url}/metrics`)).text()).toContain("latchkey_build_info");
  expect((await fetch(`${url}/v1/flows`)).status).toBe(404);
  await running.stop(0);
  await another[Symbol.asyncDispose]();
});

test("what does not answer is told as down, and nothing old of it", { timeout: 20_000 }, async () => {
  const { parts } = ground;
  const { database: direct } = await parts.store();
  await using proxy = await startProxy(direct.url);
  await using database = await openDatabase({ url: proxy.url, dataDir: "/nonexistent", log: parts.log });
  const queue = { counts: async () => ({ waiting: 3 }), oldestWaiting: async () => Date.now() - 90_000 };
  const observers = createObservers();
  const metrics = openMetrics({ observers, db: database.kysely, queue, artifactsDir: "/nonexistent" });
  const up = (await metrics.scrape()).text;
  expect(value(up, 'latchkey_runs{status="queued"}')).toBe(0);
  expect(value(up, "latchkey_oldest_waiting_job_seconds")).toBeGreaterThan(89);
  proxy.cut();
  await new Promise((done) => {
    setTimeout(done, 1_100);
  });
  const down = (await metrics.scrape()).text;
  expect(value(down, 'latchkey_dependency_up{part="database"}')).toBe(0);
  expect(value(down, 'latchkey_dependency_up{part="queue"}')).toBe(1);
  expect(value(down, 'latchkey_queue_jobs{state="waiting"}')).toBe(3);
  expect(value(down, 'latchkey_runs{status="queued"}')).toBeUndefined();
  await metrics.stop();
});

test("troubles are counted from the log by lines that the sources have, and by no others", async () => {
  const files = (await readdir("src", { recursive: true })).filter(
    (file) => file.endsWith(".ts") && !file.endsWith("faults.ts"),
  );
  const sources = (await Promise.all(files.map((file) => readFile(join("src", file), "utf8")))).join("\n");
  for (const message of Object.keys(faults)) expect(sources).toContain(`"${message}"`);

  const observers = createObservers();
  const metrics = createMetrics();
  using _counting = observers.add(countInto(metrics));
  const log = createLogger({
    level: "info",
    format: "json",
    redactor: createRedactor(),
    destination: new PassThrough(),
    observers,
  });
  log.warn({ err: new Error("x") }, "redis connection error");
  log.child({ runId: "r" }).warn("a job lost its worker; it is taken up again");
  log.info("a flow's own words, maybe with a secret");
  const text = await metrics.registry.metrics();
  expect(value(text, 'latchkey_faults_total{fault="redis_connection"}')).toBe(1);
  expect(value(text, 'latchkey_faults_total{fault="worker_lost"}')).toBe(1);
  expect(text).not.toContain("own words");
});

test("an observer that throws breaks nothing, and one that left is told nothing", () => {
  const observers = createObservers();
  const told: string[] = [];
  observers.add({
    observe() {
      throw new Error("of no concern");
    },
  });
  const leaving = observers.add({ observe: ({ type }) => void told.push(type) });
  observers.tell({ type: "logged", message: "x" });
  leaving[Symbol.dispose]();
  observers.tell({ type: "logged", message: "x" });
  expect(told).toEqual(["logged"]);
});
