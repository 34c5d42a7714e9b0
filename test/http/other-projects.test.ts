import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { idsOf } from "../../src/http/prefactor/ids.ts";
import { routes } from "../../src/http/routes.ts";
import { ensureProject } from "../../src/identity/projects.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

let ground: TestParts;
let api: TestApi;
let stranger: string;
/** What a path's parameters stand for, by the beginning of the path: things of the project `default`. */
const named: Record<string, string> = {};

beforeAll(async () => {
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
  const { database, identities, applications, authFlows } = await ground.parts.store();
  await ensureProject(database, "other");
  stranger = await api.addKey("admin", "other");
  const actor = { name: "test" };
  const { profiles } = api.deps;
  const application = await applications.create(
    "default",
    { name: "site", url: "https://site.example/" },
    actor,
  );
  const [flow] = await authFlows.list("default", application.id);
  const identity = await identities.create(
    "default",
    {
      name: "ada",
      sourceUrl: "https://site.example/",
      applicationId: application.id,
      externalId: "theirs",
      traits: { email: "ada@example.org" },
      credentials: [],
    },
    actor,
  );
  const post = async (url: string, payload: object) => {
    const response = await api.call({ method: "POST", url, payload });
    expect(response.statusCode, response.body).toBeLessThan(300);
    return response.json<{ id: string; batch: { id: string } }>();
  };
  const job = { flow: "web/capture", identityId: "ada" };
  const run = await post("/v1/runs", { ...job, webhookUrl: "https://example.com/hook" });
  await api.call({ method: "DELETE", url: `/v1/runs/${run.id}` });
  await ground.parts.artifacts.put(run.id, "page.txt", "theirs", { kind: "file" });
  const deliveries = await api.call({ url: "/v1/webhook-deliveries" });
  const [delivery] = deliveries.json<{ items: { id: string }[] }>().items;
  const session = randomUUID();
  await database.kysely
    .insertInto("sessions")
    .values({
      id: session,
      project: "default",
      status: "ended",
      identities: JSON.stringify([{ id: identity.id, status: "authenticated", runId: run.id }]),
      tags: "[]",
      configuration: "{}",
      recording: false,
      actor: "test",
      ended_at: new Date(),
      ended_by: "client",
    })
    .execute();
  await profiles.create("default", { name: "theirs" });
  await applications.create("default", { name: "theirs", url: null }, actor);
  Object.assign(named, {
    "/v1/sessions/:id": session,
    "/v1/profiles/:name": "theirs",
    "/v1/runs/:id": run.id,
    "/v1/batches/:id": (await post("/v1/batches", { runs: [job] })).batch.id,
    "/v1/schedules/:schedule": (await post("/v1/schedules", { ...job, name: "nightly", every: "1d" })).id,
    "/v1/identities/:identity": identity.id,
    "/v1/webhook-deliveries/:id": delivery?.id,
    "/v1/identities/:id": identity.id,
    "/v1/applications/:id": application.id,
    "/api/v1/identity/:id": idsOf("default").of(identity.id),
    "/api/v1/pool/:id": idsOf("default").of(application.id),
    "/identities/:id": identity.id,
    "/identities/by/external/:externalId": "theirs",
    "/sessions/:id": session,
    "/schemas/:id": "theirs",
    ":flow": flow?.id,
  });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const payloads: Record<string, object> = {
  "POST /v1/runs/:id/code": { code: "123456" },
  "POST /v1/runs/:id/live": { scope: "view" },
  "PATCH /v1/schedules/:schedule": { paused: true },
  "POST /v1/applications/:id/tokens": { callbackUrl: "https://app.example/back" },
  "POST /v1/applications/:id/auth-flows": { name: "theirs", methods: ["custom"] },
  "PUT /v1/identities/:id": { name: "theirs" },
  "PATCH /v1/applications/:id": { name: "theirs" },
  "PUT /identities/:id": { traits: {} },
  "PATCH /identities/:id": [],
  "POST /v1/sessions/:id/goto": { url: "https://site.example/" },
  "POST /v1/sessions/:id/keyboard/type": { text: "x" },
  "POST /v1/sessions/:id/keyboard/shortcut": { keys: ["a"] },
  "POST /v1/sessions/:id/clipboard": { text: "x" },
  "POST /v1/sessions/:id/mouse/click": { x: 1, y: 1 },
  "POST /v1/sessions/:id/mouse/doubleClick": { x: 1, y: 1 },
  "POST /v1/sessions/:id/mouse/move": { x: 1, y: 1 },
  "POST /v1/sessions/:id/drag-and-drop": { startX: 1, startY: 1, endX: 2, endY: 2 },
  "POST /v1/sessions/:id/scroll": { x: 1, y: 1, deltaY: 1 },
  "PATCH /v1/applications/:id/auth-flows/:flow": { name: "theirs" },
  "PUT /api/v1/identity/:id": { metadata: {} },
};
/** What the owner is told of a session that is over, and has no recording. */
const owners: Record<string, number> = {
  "/v1/sessions/:id/pages": 410,
  "/v1/sessions/:id/screenshot": 410,
  "/v1/sessions/:id/clipboard": 410,
  "/v1/sessions/:id/recordings/primary/fetch": 404,
};
// A flow is the installation's, not a project's; a debug session needs a browser: debug-sessions.test.ts has one. An
// event is made by its name, in the project of whoever names it: anchor/events.test.ts. Nobody's sessions are none in
// the words of Kratos: kratos/sessions.test.ts.
const elsewhere = ["/v1/flows/", "/v1/debug-sessions/", "/v1/events/"];
const answeredEmpty = "GET /identities/:id/sessions";
const ofProjects = routes.filter(
  ({ method, url, failures = [] }) =>
    url.includes(":") &&
    `${method} ${url}` !== answeredEmpty &&
    !failures.includes("not_implemented") &&
    !elsewhere.some((beginning) => url.startsWith(beginning)),
);

test.each(
  ofProjects.map(({ method, url, dialect }) => ({ method, url, dialect, title: `${method} ${url}` })),
)("$title does not find what belongs to another project", async ({ method, url, title, dialect }) => {
  const [start = "", id = ""] = Object.entries(named).find(([beginning]) => url.startsWith(beginning)) ?? [];
  expect(id).toMatch(/^(?:[\da-f-]{36}|[\da-z]{32}|theirs)$/);
  const path = url
    .replace(start, start.replace(/:\w+/, id))
    .replace(":name", "page.txt")
    .replace(":type", "password")
    .replace(":flow", named[":flow"] ?? "");
  const payload = payloads[title];
  const call = (key?: string) =>
    api.call({
      method,
      url: path,
      ...(key === undefined ? {} : { key }),
      ...(payload === undefined ? {} : { payload }),
    });
  const answer = await call(stranger);
  const isByStatus = dialect?.name === "anchor" || dialect?.name === "kratos";
  const codes = isByStatus ? [404] : ["not_found", "unknown_identity"];
  expect(answer.statusCode).toBe(404);
  const refusal = answer.json<{ error?: { code: string | number }; code?: string }>();
  expect(codes).toContain(refusal.error?.code ?? refusal.code);
  // The same path is there for those it belongs to; streams would not end.
  const answers = method === "GET" && !url.endsWith("/events");
  const expected = answers ? (owners[url] ?? 200) : 200;
  expect(answers ? (await call()).statusCode : 200).toBe(expected);
});
