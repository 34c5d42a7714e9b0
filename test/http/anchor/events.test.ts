import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureProject } from "../../../src/identity/projects.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

let ground: TestParts;
let api: TestApi;
let url: string;
let key: string;

beforeAll(async () => {
  ground = await openTestParts();
  await ensureProject((await ground.parts.store()).database, "other");
  api = await openTestApi(ground.parts);
  url = await api.app.listen({ host: "127.0.0.1", port: 0 });
  key = await api.addKey("submit");
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const signal = (name: string, data: unknown, as = key) =>
  api.call({ method: "POST", url: `/v1/events/${name}`, payload: { data } as object, key: as });
const wait = (name: string, timeoutMs: unknown, as = key) =>
  api.call({ method: "POST", url: `/v1/events/${name}/wait`, payload: { timeoutMs } as object, key: as });

test("an event of another project is another event, and one of a smaller scope is none", async () => {
  const stranger = await api.addKey("admin", "other");
  await signal("shared", { of: "ours" });
  expect((await wait("shared", 0, stranger)).statusCode).toBe(408);
  expect((await wait("shared", 0, await api.addKey("read"))).statusCode).toBe(403);
  expect((await wait("shared", 0)).json()).toEqual({ data: { of: "ours" } });
});

test("a waiter that went away takes nothing from the next", async () => {
  const gone = new AbortController();
  const waiting = fetch(`${url}/v1/events/left/wait`, {
    method: "POST",
    headers: { "anchor-api-key": key },
    signal: gone.signal,
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  gone.abort();
  await expect(waiting).rejects.toThrow(/abort/);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await signal("left", { for: "the next" });
  expect((await wait("left", 5_000)).json()).toEqual({ data: { for: "the next" } });
});

test.each([
  { what: "no data", response: () => signal("bad", undefined) },
  { what: "data that is no object", response: () => signal("bad", "text") },
  { what: "data that is null", response: () => signal("bad", null) },
  { what: "data that cannot be stored", response: () => signal("bad", { a: "\0" }) },
  { what: "a time that is none", response: () => wait("bad", "long") },
  { what: "a time that is past", response: () => wait("bad", -1) },
])("$what is refused", async ({ response }) => {
  const { statusCode, json } = await response();
  expect([statusCode, json()]).toEqual([400, { error: { code: 400, message: expect.any(String) } }]);
  expect((await wait("bad", 0)).statusCode).toBe(408);
});

test("a server that stops ends the waiting", async () => {
  await using stopping = await openTestApi(ground.parts);
  const waiting = stopping.call({
    method: "POST",
    url: "/v1/events/long/wait",
    payload: { timeoutMs: 60_000 },
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await stopping.app.close();
  expect((await waiting).statusCode).toBe(408);
});
