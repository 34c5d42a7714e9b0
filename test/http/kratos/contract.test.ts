import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { HttpDeps } from "../../../src/http/deps.ts";
import { lifeMsOf } from "../../../src/http/kratos/recovery/life.ts";
import { createSessionStore } from "../../../src/session/session-store.ts";
import type { SessionRecord } from "../../../src/session/types.ts";
import { openTestApi } from "../../support/api.ts";
import { useTestApi } from "../../support/api-of-file.ts";

const on = useTestApi();

const identity = () => ({
  schema_id: "preset://email",
  traits: { email: `${randomUUID()}@example.org` },
});

async function make(): Promise<string> {
  const response = await on.api.call({ method: "POST", url: "/identities", payload: identity() });
  expect(response.statusCode, response.body).toBe(201);
  return response.json<{ id: string }>().id;
}

async function addSession(change: Partial<SessionRecord>): Promise<string> {
  const id = randomUUID();
  const { database } = await on.ground.parts.store();
  const store = createSessionStore(database.kysely);
  await store.add({
    id,
    project: "default",
    status: "running",
    identities: [],
    tags: [],
    configuration: {},
    recording: false,
    createdAt: new Date(),
    startedAt: null,
    endedAt: null,
    endedBy: null,
    code: null,
    expiresAt: null,
    actor: "key:test",
    ...change,
  });
  if (change.endedAt != null) await store.change(id, { endedAt: change.endedAt });
  return id;
}

test("a patch is taken by its own content type, which nothing else is", async () => {
  const id = await make();
  const headers = { "content-type": "application/json-patch+json; charset=utf-8" };
  const payload = JSON.stringify([{ op: "add", path: "/metadata_public", value: { plan: "gold" } }]);
  const patched = await on.api.call({ method: "PATCH", url: `/identities/${id}`, headers, payload });
  expect(patched.json()).toMatchObject({ metadata_public: { plan: "gold" } });
  const created = await on.api.call({
    method: "POST",
    url: "/identities",
    headers,
    payload: JSON.stringify(identity()),
  });
  expect(created.statusCode).toBe(415);
});

test.each(["/admin/sessions/", "/sessions/?active=true", "/admin/identities/", "/schemas/"])(
  "%s lists, as without the slash",
  async (url) => {
    const response = await on.api.call({ url });
    expect(response.statusCode, response.body).toBe(200);
    expect(response.json()).toBeInstanceOf(Array);
  },
);

test("a slash at the end is no other API's", async () => {
  expect((await on.api.call({ url: "/v1/runs/" })).statusCode).not.toBe(200);
});

test("a link is good for any time to come, a second at least", () => {
  expect(["500ms", "1ns", "1s", "1500ms", "1.0001s"].map(lifeMsOf)).toEqual([
    1_000, 1_000, 1_000, 1_500, 1_001,
  ]);
});

test("what is wrong with return_to is said of return_to", async () => {
  const { applications, identities } = await on.ground.parts.store();
  const actor = { name: "test" };
  const site = await applications.create("default", { name: "site", url: "https://site.example/" }, actor);
  const { id } = await identities.create("default", { applicationId: site.id, credentials: [] }, actor);
  const ask = (query: string, more: object = {}) =>
    on.api.call({ method: "POST", url: `/recovery/link${query}`, payload: { identity_id: id, ...more } });
  const { error } = (await ask("?return_to=javascript:alert(1)")).json<{ error: { reason: string } }>();
  expect(error.reason).toBe("return_to must be a valid HTTPS URL.");
  const short = await ask("", { expires_in: "500ms" });
  expect(short.statusCode, short.body).toBe(200);
});

test("a client's name for its request is told back where it is a name", async () => {
  const named = async (id: string) => {
    const response = await on.api.call({ url: "/identities/nobody", headers: { "x-request-id": id } });
    return response.json<{ error: { request: string } }>().error.request;
  };
  expect(await named("my-request-1")).toBe("my-request-1");
  for (const bad of ["", "two words", "x".repeat(129), "\u00e9"])
    expect(await named(bad), bad).toMatch(/^[0-9a-f-]{36}$/);
});

test("a browser that nobody is signed in to is no session: neither counted nor ended", async () => {
  const id = await make();
  const signedIn = { id, status: "authenticated" as const, runId: randomUUID() };
  const over = { status: "ended" as const, endedAt: new Date() };
  const lone = await addSession({});
  await addSession({ ...over });
  const closed = await addSession({ ...over, identities: [signedIn] });
  const listed = await on.api.call({ url: "/admin/sessions" });
  expect(listed.json<{ id: string }[]>().map((one) => one.id)).toEqual([closed]);
  expect(listed.headers["x-total-count"]).toBe("1");
  const ended = await on.api.call({
    method: "POST",
    url: "/admin/sessions",
    payload: { action: "delete", identities: ["*"] },
  });
  expect(ended.json()).toEqual({ processed: 0, more: false });
  expect((await on.api.deps.sessions.get("default", lone)).status).toBe("running");
  // One that is over is ended as it was.
  expect((await on.api.call({ method: "DELETE", url: `/admin/sessions/${closed}` })).statusCode).toBe(204);
});

test("a page of sessions asks for their schemas once", async () => {
  const { database } = await on.ground.parts.store();
  for (let count = 0; count < 3; count += 1)
    await database.kysely
      .insertInto("saved_states")
      .values({ identity_id: await make(), sealed: Buffer.from("x"), lapses_at: null })
      .execute();
  let asked = 0;
  const applications: HttpDeps["applications"] = {
    ...on.api.deps.applications,
    get(...whose) {
      asked += 1;
      return on.api.deps.applications.get(...whose);
    },
  };
  await using other = await openTestApi(on.ground.parts, { applications });
  const sessions = (await other.call({ url: "/sessions?expand=identity" })).json<{ identity?: object }[]>();
  expect(sessions.filter((one) => one.identity !== undefined).length).toBeGreaterThanOrEqual(3);
  expect(asked).toBe(1);
});

test("for a client that has gone, no more credentials are opened", async () => {
  const password = { config: { password: "a password" } };
  for (let count = 0; count < 3; count += 1)
    await on.api.call({
      method: "POST",
      url: "/identities",
      payload: { ...identity(), credentials: { password } },
    });
  let opened = 0;
  const ended = Promise.withResolvers<void>();
  const { identities } = on.api.deps;
  const going = new AbortController();
  await using other = await openTestApi(on.ground.parts, {
    identities: {
      ...identities,
      async revealCredentials(...whose) {
        opened += 1;
        going.abort();
        return await identities.revealCredentials(...whose);
      },
    },
  });
  const url = "/identities?include_credential=password";
  other.app.addHook("onError", async () => ended.resolve());
  other.app.addHook("onSend", async () => ended.resolve());
  await other.call({ url, signal: going.signal }).catch(() => undefined);
  await ended.promise;
  expect(opened).toBe(1);
});

test("of a batch that breaks off in the middle, the client is told what was made", async () => {
  let made = 0;
  const { identities } = on.api.deps;
  await using other = await openTestApi(on.ground.parts, {
    identities: {
      ...identities,
      async create(...input) {
        made += 1;
        if (made > 2) throw new Error("the database is gone");
        return await identities.create(...input);
      },
    },
  });
  const batch = () =>
    other.call({
      method: "PATCH",
      url: "/identities",
      payload: { identities: Array.from({ length: 4 }, () => ({ create: identity() })) },
    });
  const answer = await batch();
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    identities: [
      { action: "create" },
      { action: "create" },
      { action: "error", error: { code: 500 } },
      { action: "error", error: { code: 500 } },
    ],
  });
  // The fourth was not tried.
  expect(made).toBe(3);
  expect(answer.body).not.toContain("database is gone");
  expect((await batch()).statusCode).toBe(500);
});
