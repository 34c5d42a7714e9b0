import { afterAll, beforeAll, expect, test } from "vitest";
import { openKeyCheck } from "../../../src/http/api-keys/key-check.ts";
import type { ApiKey } from "../../../src/http/api-keys/key-store.ts";
import { ensureProject } from "../../../src/identity/projects.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { latchkey } from "../../support/cli.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

const actor = { name: "test" };
let ground: TestParts;
let api: TestApi;

beforeAll(async () => {
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const status = async (key: string | null, headers: Record<string, string> = {}) =>
  (await api.call({ url: "/v1/flows", key, headers })).statusCode;

test("a key is taken as a bearer token, with or without the word, and as anchor-api-key, and no other way", async () => {
  const key = await api.addKey("read");
  expect(await status(key)).toBe(200);
  expect(await status(null, { "anchor-api-key": key })).toBe(200);
  expect(await status(null, { authorization: `bearer ${key}` })).toBe(200);
  expect(await status(null, { authorization: `Basic ${key}` })).toBe(401);
  // As clients of Kratos send what they are given as their API key.
  expect(await status(null, { authorization: key })).toBe(200);
  expect(await status(null, { authorization: `Key ${key}` })).toBe(401);
  expect(await status(null)).toBe(401);
  const response = await api.call({ url: `/v1/flows?key=${key}`, key: null });
  expect(response.statusCode).toBe(401);
  expect(response.headers["www-authenticate"]).toBe('Bearer realm="latchkey"');
});

test("a removed key is refused at once, by servers that have just taken it too", async () => {
  const { apiKeys, database } = await ground.parts.store();
  await using other = await openKeyCheck({ keys: apiKeys, database, log: ground.parts.log });
  const { apiKey, key } = await apiKeys.add("default", { scope: "read" }, actor);
  expect(await status(key.reveal())).toBe(200);
  expect(await other.check(key)).toEqual({ keyId: apiKey.id, project: "default", scope: "read" });
  await apiKeys.remove("default", apiKey.id, actor);
  await expect.poll(() => status(key.reveal())).toBe(401);
  await expect.poll(() => other.check(key)).toBeUndefined();
});

test("an expired key is refused the moment it expires, remembered or not", async () => {
  const { apiKeys } = await ground.parts.store();
  const { key } = await apiKeys.add(
    "default",
    { scope: "read", expiresAt: new Date(Date.now() + 400) },
    actor,
  );
  expect(await status(key.reveal())).toBe(200);
  await expect.poll(() => status(key.reveal()), { timeout: 2_000 }).toBe(401);
  await expect(
    apiKeys.add("default", { scope: "read", expiresAt: new Date(Date.now() - 1) }, actor),
  ).rejects.toMatchObject({ code: "invalid_argument" });
});

test("a key of the right id and another secret is refused", async () => {
  const { apiKeys, database } = await ground.parts.store();
  const { apiKey, key } = await apiKeys.add("default", { scope: "read" }, actor);
  const { key: another } = await apiKeys.add("default", { scope: "read" }, actor);
  await database.kysely
    .updateTable("api_keys")
    .set({ hash: Buffer.alloc(32) })
    .where("id", "=", apiKey.id)
    .execute();
  expect(await status(key.reveal())).toBe(401);
  expect(await status(another.reveal())).toBe(200);
});

test("when a key was last used is kept, to the minute", async () => {
  const { apiKeys } = await ground.parts.store();
  const { apiKey, key } = await apiKeys.add("default", { scope: "read" }, actor);
  expect(apiKey.lastUsedAt).toBeNull();
  await status(key.reveal());
  await expect.poll(async () => (await apiKeys.find(apiKey.id))?.lastUsedAt).toBeInstanceOf(Date);
});

test("a project's keys are its own, and making and removing them is in the audit", async () => {
  const { apiKeys, database } = await ground.parts.store();
  await ensureProject(database, "other");
  const { apiKey } = await apiKeys.add("other", { scope: "admin", name: "theirs" }, actor);
  expect((await apiKeys.list("default")).map(({ id }) => id)).not.toContain(apiKey.id);
  await expect(apiKeys.remove("default", apiKey.id, actor)).rejects.toMatchObject({ code: "not_found" });
  await expect(apiKeys.add("nowhere", { scope: "read" }, actor)).rejects.toMatchObject({ code: "not_found" });
  await apiKeys.remove("other", apiKey.id, actor);
  const entries = await database.kysely
    .selectFrom("audit")
    .select(["project", "actor", "action"])
    .where("api_key_id", "=", apiKey.id)
    .orderBy("id")
    .execute();
  expect(entries).toEqual([
    { project: "other", actor: "test", action: "api_key.created" },
    { project: "other", actor: "test", action: "api_key.removed" },
  ]);
});

test("a key that asks too often is told how long to wait; another is not held up", async () => {
  await using limited = await openTestApi(ground.parts, {
    config: { ...ground.parts.config, requestsPerMinute: 3 },
  });
  const [busy, calm] = [await limited.addKey("read"), await limited.addKey("read")];
  const first = await limited.call({ url: "/v1/flows", key: busy });
  expect(first.headers).toMatchObject({ "ratelimit-limit": "3", "ratelimit-remaining": "2" });
  await limited.call({ url: "/v1/flows", key: busy });
  await limited.call({ url: "/v1/flows", key: busy });
  const refused = await limited.call({ url: "/v1/flows", key: busy });
  expect(refused.json()).toMatchObject({
    error: { code: "too_many_requests", status: 429, retryable: true },
  });
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(50);
  expect((await limited.call({ url: "/v1/flows", key: calm })).statusCode).toBe(200);
});

test("an address that presents many bad keys is made to wait; a key that works is not shut out", async () => {
  await using fresh = await openTestApi(ground.parts);
  const good = await fresh.addKey("read");
  const unused = await fresh.addKey("read");
  const ask = async (key: string, remoteAddress = "203.0.113.9") =>
    (await fresh.call({ url: "/v1/flows", key, remoteAddress })).statusCode;
  expect(await ask(good)).toBe(200);
  const answers = [];
  for (let n = 0; n < 70; n += 1) answers.push(await ask("lk_nothing"));
  expect(new Set(answers.slice(0, 60))).toEqual(new Set([401]));
  expect(new Set(answers.slice(60))).toEqual(new Set([429]));
  expect(await ask(good)).toBe(200);
  expect(await ask(unused)).toBe(429);
  expect(await ask(unused, "203.0.113.10")).toBe(200);
});

test("`latchkey keys` makes, lists and removes keys, and shows one only when it makes it", async () => {
  const run = (...args: string[]) => latchkey(["keys", ...args], ground.environment);
  const made = await run("add", "--scope", "submit", "--name", "backend", "--expires", "30d");
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining("not shown again") });
  const key = made.stdout.trim();
  expect(await status(key)).toBe(200);

  const listed = await run("list", "--json");
  const keys = JSON.parse(listed.stdout) as ApiKey[];
  const mine = keys.find(({ name }) => name === "backend");
  expect(mine).toMatchObject({ scope: "submit", project: "default" });
  expect(listed.stdout).not.toContain(key);
  expect((await run("list")).stdout).toMatch(/backend +submit/);

  expect((await run("rm", mine?.id ?? "")).code).toBe(0);
  await expect.poll(() => status(key)).toBe(401);
  expect((await run("rm", mine?.id ?? "")).stderr).toContain("not_found");

  expect((await run("add", "--scope", "submit", "--project", "acme")).stderr).toContain('no project "acme"');
  const acme = await run("add", "--scope", "read", "--project", "acme", "--new-project", "--json");
  expect(JSON.parse(acme.stdout)).toMatchObject({ project: "acme", key: expect.stringMatching(/^lk_/) });
  for (const args of [["add"], ["add", "--scope", "root"], ["add", "--scope", "read", "--expires", "soon"]]) {
    expect((await run(...args)).code).toBe(1);
  }
  expect(ground.logged()).not.toContain(key);
  const { database } = await ground.parts.store();
  const kept = JSON.stringify(await database.kysely.selectFrom("api_keys").selectAll().execute());
  expect(kept).not.toContain(new Secret(key).reveal().slice(16));
});
