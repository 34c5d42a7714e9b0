import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { deliverySchema } from "../../../src/http/webhooks/view-delivery.ts";
import { ensureProject } from "../../../src/identity/projects.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

let ground: TestParts;
let api: TestApi;
const runId = randomUUID();

beforeAll(async () => {
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
  const { runs, database } = await ground.parts.store();
  await ensureProject(database, "other");
  const job = { project: "default", flow: "web/capture", identityId: randomUUID(), trace: false };
  await runs.create(runId, { ...job, webhookUrl: "https://hooks.example/x" }, { maxAttempts: 1 });
  await runs.endUnheld(runId, { status: "succeeded", result: null });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const listSchema = z.strictObject({ items: z.array(z.strictObject(deliverySchema.shape)) });
const list = async (query = "", key?: string) =>
  listSchema.parse(
    (await api.call({ url: `/v1/webhook-deliveries${query}`, ...(key === undefined ? {} : { key }) })).json(),
  ).items;

test("deliveries are listed by run and status, and no other project's", async () => {
  expect(await list(`?runId=${runId}&status=pending`)).toMatchObject([
    { runId, type: "run.succeeded", status: "pending", attempts: 0, lastAttempt: null },
  ]);
  expect(await list("?status=failed")).toEqual([]);
  expect(await list(`?runId=${randomUUID()}`)).toEqual([]);
  expect(await list("", await api.addKey("admin", "other"))).toEqual([]);
  expect((await api.call({ url: "/v1/webhook-deliveries?limit=0" })).statusCode).toBe(400);
});

test("one is sent again by a key that may submit, of its own project", async () => {
  const [{ id } = { id: "" }] = await list();
  const { database } = await ground.parts.store();
  await database.kysely.updateTable("webhook_deliveries").set({ status: "failed", attempts: 10 }).execute();
  const url = `/v1/webhook-deliveries/${id}/redeliver`;
  const post = async (key: string, at = url) => (await api.call({ method: "POST", url: at, key })).statusCode;
  expect(await post(await api.addKey("read"))).toBe(403);
  expect(await post(await api.addKey("submit", "other"))).toBe(404);
  expect(await post(await api.addKey("submit"), "/v1/webhook-deliveries/none/redeliver")).toBe(404);
  expect(await list("?status=failed")).toHaveLength(1);
  expect(await post(await api.addKey("submit"))).toBe(202);
  expect(await list("?status=pending")).toMatchObject([{ id }]);
});
