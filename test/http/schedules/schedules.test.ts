import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { scheduleSchema } from "../../../src/http/schedules/view-schedule.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { newIdentity } from "../../support/identities.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

let ground: TestParts;
let api: TestApi;
let identity: Identity;
const strict = z.strictObject(scheduleSchema.shape);

beforeAll(async () => {
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
  api = await openTestApi(ground.parts);
  const { identities, database } = await ground.parts.store();
  await database.kysely.insertInto("projects").values({ id: "other" }).execute();
  identity = await identities.create("default", newIdentity({ name: "me" }), { name: "test" });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const call = async (method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE", url: string, body?: object) => {
  const response = await api.call({ method, url, ...(body === undefined ? {} : { payload: body }) });
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
};

const daily = { flow: "trial/look", identityId: "me", cron: "30 2 * * *", timeZone: "Europe/Berlin" };

test("a schedule is added, listed, changed, paused, run and removed", async () => {
  const added = await call("POST", "/v1/schedules", { name: "daily", ...daily, jitter: "5m" });
  expect(added.status).toBe(201);
  expect(strict.parse(added.body)).toMatchObject({
    name: "daily",
    identityId: identity.id,
    jitterMs: 300_000,
    overlap: "skip",
    missed: "run_once",
    lastRun: null,
  });
  expect(strict.parse(added.body).nextTimes).toHaveLength(5);

  const changed = await call("PATCH", "/v1/schedules/daily", {
    every: "1h",
    startsAt: "2030-01-01T00:00:00+01:00",
  });
  expect(strict.parse(changed.body)).toMatchObject({ cron: null, everyMs: 3_600_000, jitterMs: 300_000 });
  expect(strict.parse(changed.body).nextTimes[0]?.slice(0, 13)).toBe("2029-12-31T23");

  const paused = await call("PATCH", "/v1/schedules/daily", { paused: true });
  expect(strict.parse(paused.body)).toMatchObject({ paused: true, nextTimes: [] });

  const run = await call("POST", "/v1/schedules/daily/run");
  expect(run).toMatchObject({ status: 202, body: { runId: expect.any(String) } });
  const got = strict.parse((await call("GET", "/v1/schedules/daily")).body);
  expect(got).toMatchObject({
    lastFire: { byHand: true, result: "submitted", runId: run.body["runId"] },
    lastRun: { id: run.body["runId"], status: "queued" },
  });
  expect((await call("GET", "/v1/schedules")).body).toEqual({ items: [got] });

  expect((await call("DELETE", `/v1/schedules/${got.id}`)).status).toBe(200);
  expect((await call("GET", "/v1/schedules/daily")).status).toBe(404);
});

test("what makes no sense is refused, field by field", async () => {
  const refused = async (body: object) => {
    const { status, body: answer } = await call("POST", "/v1/schedules", { name: "odd", ...body });
    return { status, code: (answer["error"] as { code: string }).code };
  };
  const invalid = { status: 400, code: "invalid_argument" };
  expect(await refused({ ...daily, cron: "* * *" })).toEqual(invalid);
  expect(await refused({ ...daily, timeZone: "Mars/Base" })).toEqual(invalid);
  expect(await refused({ ...daily, every: "1h" })).toEqual(invalid);
  expect(await refused({ ...daily, surprise: 1 })).toEqual(invalid);
  expect(await refused({ ...daily, startsAt: "soon" })).toEqual(invalid);
  expect(await refused({ flow: "trial/look", identityId: "me" })).toEqual(invalid);
  expect(await refused({ ...daily, flow: "no/flow" })).toEqual({ status: 404, code: "unknown_flow" });
  expect(await refused({ ...daily, identityId: "nobody" })).toEqual({
    status: 404,
    code: "unknown_identity",
  });
  expect(await refused({ ...daily, input: { word: 1 } })).toEqual({ status: 400, code: "invalid_input" });
  expect((await call("GET", "/v1/schedules/odd")).status).toBe(404);
});

test("a key that only reads changes nothing, and another project's finds nothing", async () => {
  await call("POST", "/v1/schedules", { name: "mine", ...daily });
  const read = await api.addKey("read");
  const other = await api.addKey("admin", "other");
  const post = { method: "POST" as const, url: "/v1/schedules/mine/run" };
  expect((await api.call({ ...post, key: read })).statusCode).toBe(403);
  expect((await api.call({ url: "/v1/schedules/mine", key: read })).statusCode).toBe(200);
  expect((await api.call({ ...post, key: other })).statusCode).toBe(404);
  expect((await api.call({ method: "DELETE", url: "/v1/schedules/mine", key: other })).statusCode).toBe(404);
  expect((await api.call({ url: "/v1/schedules", key: other })).json()).toEqual({ items: [] });
  expect((await api.call({ url: "/v1/identities/me/health", key: other })).statusCode).toBe(404);
});

test("a health check is set, set again, and paused", async () => {
  const set = await call("PUT", "/v1/health-schedule", { every: "6h", jitter: "30m" });
  expect(strict.parse(set.body)).toMatchObject({ kind: "health", name: "health", everyMs: 21_600_000 });
  const again = await call("PUT", "/v1/health-schedule", { every: "1d", reauthenticate: false });
  expect(strict.parse(again.body)).toMatchObject({
    id: set.body["id"],
    everyMs: 86_400_000,
    options: { reauthenticate: false },
  });
  expect((await call("PATCH", "/v1/schedules/health", { paused: true })).body).toMatchObject({
    paused: true,
  });
  expect((await call("PATCH", "/v1/schedules/health", { cron: "0 3 * * *" })).status).toBe(400);
  expect((await call("PUT", "/v1/health-schedule", { application: "none", every: "6h" })).status).toBe(404);
});

test("an identity's health says whether it can be signed in unattended", async () => {
  const { identities } = await ground.parts.store();
  const look = { runId: "00000000-0000-4000-8000-000000000000", credentialsVersion: 1 };
  const finding = { state: "healthy", reason: "Its saved state signs it in.", code: null } as const;
  expect((await call("GET", "/v1/identities/me/health")).body).toMatchObject({
    identityId: identity.id,
    health: { state: "unknown" },
    canReauthenticate: { can: false, reason: expect.stringContaining("never signed in") },
    history: [],
  });
  await identities.setStatus(identity.id, "validated", null);
  await identities.recordHealth(identity.id, finding, look);
  expect((await call("GET", `/v1/identities/${identity.id}/health`)).body).toMatchObject({
    health: { state: "healthy", runId: look.runId },
    canReauthenticate: { can: true, reason: null },
    history: [{ state: "healthy", reason: finding.reason }],
  });
});
