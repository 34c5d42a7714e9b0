import { resolve } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { Identity } from "../../src/identity/types.ts";
import { cancelRun } from "../../src/job/cancel.ts";
import { type Service, startService } from "../../src/main.ts";
import { latchkey } from "../support/cli.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../support/otlp-receiver.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { ended, flowStarted, quickUser, submit } from "../support/runs.ts";

let site: PracticeSite;
let collector: OtlpReceiver;
beforeAll(async () => {
  site = await startPracticeSite({ users: [quickUser] });
  collector = await startOtlpReceiver();
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
  await site.close();
});

/** Spans from the outermost to this one, by name. */
function pathTo(span: ReceivedSpan): string[] {
  const parent = collector.spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent === undefined ? [] : pathTo(parent)), span.name];
}

const spansOf = (runId: string) => {
  const run = collector.spans.find(({ attributes }) => attributes["latchkey.run.id"] === runId);
  return { run, all: collector.spans.filter(({ traceId }) => traceId === run?.traceId) };
};

describe.each(["postgres", "redis"] as const)("on %s", (backend) => {
  let redis: TestRedis | undefined;
  let ground: TestParts;
  let service: Service;
  let identity: Identity;

  beforeAll(async () => {
    redis = backend === "redis" ? await startRedis() : undefined;
    ground = await openTestParts({
      ...(redis === undefined ? {} : { redisUrl: redis.url }),
      settings: {
        LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=not%20for%20everybody",
        OTEL_SERVICE_NAME: "latchkey-under-test",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      },
    });
    identity = await addPracticeIdentity(ground.parts, site.url, quickUser);
    service = await startService(ground.parts, new Set(["worker", "server"]));
  });
  afterAll(async () => {
    await service.stop(0);
    await ground[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  test("one trace leads from a producer in another process to the outcome", async () => {
    const args = ["submit", "trial/look", "--identity", identity.id, "--input", '{"word":"unlikely-word"}'];
    const { stdout, stderr } = await latchkey([...args, "--json"], ground.environment);
    expect(stderr).toBe("");
    const { runId } = JSON.parse(stdout) as { runId: string };
    expect(await ended(ground.parts, runId)).toMatchObject({ status: "succeeded" });
    await expect.poll(() => spansOf(runId).run, { timeout: 8_000 }).toBeDefined();
    const { all } = spansOf(runId);
    const paths = all.map((span) => pathTo(span).join(" > "));
    const base = "latchkey submit > process latchkey > run trial/look";
    for (const stage of ["identity", "session", "login", "flow", "save"])
      expect(paths).toContain(`${base} > ${stage}`);
    expect(paths.find((path) => path.startsWith(`${base} > flow > step `))).toBeDefined();
    const { run } = spansOf(runId);
    expect(run?.service).toBe("latchkey-under-test");
    expect(run?.attributes).toMatchObject({
      "latchkey.outcome": "succeeded",
      "latchkey.flow": "trial/look",
      "latchkey.attempt": 1,
    });
    const login = all.find(({ name }) => name === "login");
    expect(login?.attributes).toMatchObject({ "latchkey.login": "signed_in" });
    expect(collector.headers.at(-1)?.["x-collector-key"]).toBe("not for everybody");
    const lines = ground
      .logged()
      .split("\n")
      .filter((line) => line.includes(runId));
    expect(lines.some((line) => line.includes(`"trace_id":"${run?.traceId}"`))).toBe(true);
  });

  test("a failed run's spans say so, with its code; a step that was cut off is ended", async () => {
    const { runs, database } = await ground.parts.store();
    const { queue } = await ground.parts.queueing();
    const job = { flow: "trial/misbehave", identityId: identity.id, input: { how: "never end" } };
    const runId = await submit(ground.parts, job);
    await flowStarted(ground.parts, runId);
    await cancelRun({ runs, database, queue }, "default", runId);
    await ended(ground.parts, runId);
    await expect.poll(() => spansOf(runId).run, { timeout: 8_000 }).toBeDefined();
    const { run, all } = spansOf(runId);
    expect(run?.attributes).toMatchObject({
      "latchkey.outcome": "failed",
      "latchkey.code": "cancelled",
    });
    expect(run?.status?.code).toBe(2);
    expect(all.find(({ name }) => name === "flow")?.status?.code).toBe(2);
  });

  test("a producer's trace context is taken over, and one that is none does no harm", async () => {
    const connection = redis === undefined ? undefined : new Redis(redis.url, { maxRetriesPerRequest: null });
    const { backend: queueBackend } = await ground.parts.queueing();
    const queue =
      connection === undefined ? queueBackend.queue("latchkey") : new Queue("latchkey", { connection });
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const foreign = [
      JSON.stringify({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` }),
      "no json {",
      '{"traceparent":"00-nonsense"}',
      "null",
    ];
    const ids: string[] = [];
    try {
      for (const metadata of foreign) {
        const runId = crypto.randomUUID();
        ids.push(runId);
        const data = { flow: "trial/look", identityId: identity.id, runId };
        await queue.add("run", data, { jobId: runId, telemetry: { metadata, omitContext: true } });
      }
    } finally {
      await queue.close();
      await connection?.quit();
    }
    const { runs } = await ground.parts.store();
    await expect
      .poll(
        async () => {
          const found = await runs.list({ project: "default", limit: 200 });
          return ids.map((id) => found.find((run) => run.id === id)?.status);
        },
        { timeout: 30_000 },
      )
      .toEqual(ids.map(() => "succeeded"));
    await expect.poll(() => spansOf(ids[0] ?? "").run?.traceId, { timeout: 8_000 }).toBe(traceId);
  });

  test("a run submitted over HTTP is in the trace of the request, and in that of whoever made it", async () => {
    const { apiKeys } = await ground.parts.store();
    const { key } = await apiKeys.add("default", { scope: "submit" }, { name: "test" });
    const post = async (headers: Record<string, string>) => {
      const response = await fetch(`${service.url}/v1/runs?wait=30`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key.reveal()}`,
          "content-type": "application/json",
          ...headers,
        },
        body: JSON.stringify({ flow: "trial/look", identityId: identity.id }),
      });
      return ((await response.json()) as { id: string }).id;
    };
    const traceIds = ["0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319d"];
    // Together, so that they are recorded and queued in one batch.
    const ids = await Promise.all(
      traceIds.map((traceId) => post({ traceparent: `00-${traceId}-b7ad6b7169203331-01` })),
    );
    for (const [index, id] of ids.entries()) {
      await expect.poll(() => spansOf(id).run?.traceId, { timeout: 8_000 }).toBe(traceIds[index]);
      await expect
        .poll(() => [spansOf(id).run].flatMap((span) => (span === undefined ? [] : pathTo(span))), {
          timeout: 8_000,
        })
        .toEqual(["POST /v1/runs", "process latchkey", "run trial/look"]);
    }
    const request = collector.spans.find(({ name }) => name === "POST /v1/runs");
    expect(request?.attributes).toEqual({
      "http.request.method": "POST",
      "http.route": "/v1/runs",
      "http.response.status_code": 200,
    });
    expect(collector.raw.join("\n")).not.toContain(key.reveal());
  });

  test("nothing secret is in what was sent", async () => {
    const sent = collector.raw.join("\n");
    const secrets = [quickUser.password, quickUser.username, quickUser.totpSecret, "unlikely-word"];
    for (const secret of secrets) expect(sent).not.toContain(secret);
  });
});

test("a collector that is down holds up neither runs nor the end of the process", async () => {
  await using ground = await openTestParts({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", LATCHKEY_LOG_LEVEL: "info" },
  });
  const tracing = await ground.parts.tracing();
  expect(await tracing?.inSpan("work", async () => 42)).toBe(42);
  await expect(
    tracing?.inSpan("work", async () => {
      throw new Error("its own fault");
    }),
  ).rejects.toThrow("its own fault");
  const startedAt = performance.now();
  await tracing?.[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
