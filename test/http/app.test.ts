import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../src/database/open.ts";
import { failures } from "../../src/failure.ts";
import { createApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { openRunQueue } from "../../src/job/queue/queue.ts";
import { openQueueBackend } from "../../src/job/queue/queue-backend.ts";
import { Secret } from "../../src/secret.ts";
import { startCli } from "../support/cli.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { startRedis } from "../support/redis.ts";
import { startProxy } from "../support/tcp-proxy.ts";

const log = pino({ level: "silent" });
let ground: TestParts;

beforeAll(async () => {
  ground = await openTestParts();
});
afterAll(() => ground[Symbol.asyncDispose]());

const unavailable = (code: "database_unavailable" | "queue_unavailable") => ({
  status: "unavailable",
  code,
  advice: failures[code].advice,
});

test("a process that runs is live, whatever it stands on", async () => {
  const app = createApp({
    log,
    readiness: { database: { check: () => Promise.reject(new Error("gone")), code: "database_unavailable" } },
  });
  const response = await app.inject("/live");
  expect(response.statusCode).toBe(200);
  expect(response.json()).toEqual({ status: "live" });
  expect(response.headers["cache-control"]).toBe("no-store");
  await app.close();
});

test("a part that answers is ready; one that is cut off is named, with its code and what to do, until it is back", async () => {
  const { database } = await ground.parts.store();
  await using proxy = await startProxy(database.url);
  await using far = await openDatabase({ url: proxy.url, dataDir: "/nonexistent", log });
  await using redis = await startRedis();
  const backend = await openQueueBackend({ redisUrl: new Secret(redis.url), databaseUrl: proxy.url, log });
  const queue = openRunQueue(backend, "ready-test", log);
  const app = createApp({
    log,
    readinessTimeoutMs: 1_500,
    readiness: {
      database: { check: () => sql`select 1`.execute(far.kysely), code: "database_unavailable" },
      queue: { check: () => queue.counts(), code: "queue_unavailable" },
    },
  });
  const ready = async () => {
    const response = await app.inject("/ready");
    return { code: response.statusCode, body: response.json<unknown>() };
  };
  const bothReady = {
    code: 200,
    body: { status: "ready", parts: { database: { status: "ready" }, queue: { status: "ready" } } },
  };
  try {
    expect(await ready()).toEqual(bothReady);

    proxy.cut();
    expect(await ready()).toEqual({
      code: 503,
      body: {
        status: "unavailable",
        parts: { database: unavailable("database_unavailable"), queue: { status: "ready" } },
      },
    });
    proxy.resume();
    await expect.poll(ready).toEqual(bothReady);

    // Nothing answers, and nothing says so: only the time limit tells.
    proxy.stall();
    process.kill(redis.pid, "SIGSTOP");
    expect(await ready()).toEqual({
      code: 503,
      body: {
        status: "unavailable",
        parts: {
          database: unavailable("database_unavailable"),
          queue: unavailable("queue_unavailable"),
        },
      },
    });
    process.kill(redis.pid, "SIGCONT");
    proxy.resume();
    await expect.poll(ready).toEqual(bothReady);
  } finally {
    await app.close();
    await queue.close();
    await backend.close();
  }
});

test("an error that is no Failure takes the part's own code, and none of its words", async () => {
  const app = createApp({
    log,
    readiness: {
      queue: { check: () => Promise.reject(new Error("redis://:hunter2@host")), code: "queue_unavailable" },
    },
  });
  const response = await app.inject("/ready");
  expect(response.json()).toEqual({
    status: "unavailable",
    parts: { queue: unavailable("queue_unavailable") },
  });
  await app.close();
});

test("an address that is taken, or not this machine's, is a fault of the settings that says which", async () => {
  const first = createApp({ log, readiness: {} });
  const second = createApp({ log, readiness: {} });
  const { port } = new URL(await listen(first, { host: "127.0.0.1", port: 0 }));
  try {
    await expect(listen(second, { host: "127.0.0.1", port: Number(port) })).rejects.toMatchObject({
      code: "invalid_config",
      message: `The address 127.0.0.1:${port} is in use: stop what uses it, or set LATCHKEY_PORT.`,
    });
    await expect(
      listen(createApp({ log, readiness: {} }), { host: "192.0.2.1", port: 0 }),
    ).rejects.toMatchObject({
      code: "invalid_config",
      message: expect.stringContaining("LATCHKEY_HOST"),
    });
  } finally {
    await first.close();
    await second.close();
  }
});

test("`latchkey server` answers over a socket, and ends when it is told to", async () => {
  await using server = startCli(["server"], { ...ground.environment, LATCHKEY_LOG_LEVEL: "info" });
  await server.says("Latchkey is up: http");
  const url = /Latchkey is up: (\S+)/.exec(server.output())?.[1];
  expect(await (await fetch(`${url}/live`)).json()).toEqual({ status: "live" });
  const ready = await fetch(`${url}/ready`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toEqual({
    status: "ready",
    parts: { database: { status: "ready" }, queue: { status: "ready" } },
  });
  expect((await fetch(`${url}/elsewhere`)).status).toBe(404);

  server.child.kill("SIGTERM");
  expect((await server.ended()).code).toBe(0);
});

test("`latchkey start` that cannot listen says so, ends with 1 and leaves nothing running", async () => {
  const taken = createApp({ log, readiness: {} });
  const { port } = new URL(await listen(taken, { host: "127.0.0.1", port: 0 }));
  await using start = startCli(["start"], {
    ...ground.environment,
    LATCHKEY_LOG_LEVEL: "warn",
    LATCHKEY_PORT: port,
  });
  const { code, stdout, stderr } = await start.ended();
  await taken.close();
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(`invalid_config: The address 127.0.0.1:${port} is in use`);
  expect(stderr).not.toContain("    at ");
});
