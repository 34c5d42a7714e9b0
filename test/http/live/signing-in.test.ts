import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { SessionScope } from "../../../src/session/tokens.ts";
import { openTestApi } from "../../support/api.ts";
import { submit } from "../../support/runs.ts";
import { openSessionGround, type SessionGround } from "../../support/session-ground.ts";

let on: SessionGround;

beforeAll(async () => {
  on = await openSessionGround({ settings: { LATCHKEY_PUBLIC_URL: "https://latchkey.example" } });
});
afterAll(async () => {
  await on.clear();
  await on[Symbol.asyncDispose]();
});

/** What a viewer is sent, by name, one after another. */
function watch(id: string, scope: SessionScope, server = on.service): { seen: string[]; socket: WebSocket } {
  const token = on.api.deps.sessionTokens.make({ id, project: "default", scope, lifeMs: 60_000 }).reveal();
  const url = `${server.replace("http", "ws")}/live/${id}/socket`;
  const socket = new WebSocket(url, ["latchkey.live", token], { origin: server });
  const seen: string[] = [];
  socket.on("error", () => undefined);
  socket.on("message", (data: Buffer, isBinary) => {
    const message = isBinary ? undefined : (JSON.parse(data.toString()) as { type: string; state?: string });
    const name = message === undefined ? "frame" : (message.state ?? message.type);
    if (seen.at(-1) !== name) seen.push(name);
  });
  return { seen, socket };
}

test("a session that is being signed in is shown to nobody, and when it is handed out to all who waited", async () => {
  const { sessions } = on.api.deps;
  on.site.switches.delayMs = 300;
  const opening = on.create({ identityIds: ["ada"], tags: ["slow"] });
  opening.catch(() => undefined);
  const begun = async () => (await sessions.list("default", { tags: ["slow"] })).sessions[0];
  await expect.poll(begun).toMatchObject({ status: "authenticating" });
  const { id = "" } = (await begun()) ?? {};
  const viewers = (["view", "act", "drive"] as const).map((scope) => watch(id, scope));
  for (const { seen } of viewers) await expect.poll(() => seen).toEqual(["hello", "signing_in"]);
  await opening;
  for (const { seen } of viewers) await expect.poll(() => seen).toContain("frame");
  for (const { seen } of viewers) expect(seen.slice(0, 3)).toEqual(["hello", "signing_in", "live"]);
  await sessions.end("default", id);
  for (const { seen } of viewers) await expect.poll(() => seen.at(-1)).toBe("ended");
  for (const { socket } of viewers) socket.terminate();
});

test("nor is it as a run, whichever identity's and whichever server is asked", async () => {
  const { sessions } = on.api.deps;
  const other = on.ground.another();
  await using elsewhere = await openTestApi(other);
  const server = await elsewhere.app.listen({ host: "127.0.0.1", port: 0 });
  on.site.switches.delayMs = 300;
  const opening = on.create({ identityIds: ["ada", "ben"], tags: ["two"] });
  opening.catch(() => undefined);
  const { runs } = await on.ground.parts.store();
  const signingIn = async () =>
    (await runs.list({ project: "default", flow: "latchkey/session", limit: 100 })).filter(
      ({ endedAt }) => endedAt === null,
    );
  await expect.poll(async () => (await signingIn()).length).toBe(2);
  const reader = await on.api.addKey("read");
  for (const { id } of await signingIn()) {
    const url = `/v1/runs/${id}/live`;
    for (const [key, scope] of [
      [undefined, "drive"],
      [reader, "view"],
    ] as const) {
      const answer = await elsewhere.call({ method: "POST", url, payload: { scope }, ...(key && { key }) });
      expect(answer.json()).toMatchObject({ error: { code: "conflict" } });
    }
    const { socket, seen } = watch(id, "drive", server);
    const status = await new Promise((resolve) => {
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.on("open", () => resolve(101));
    });
    expect([status, seen]).toEqual([404, []]);
    socket.terminate();
  }
  on.site.switches.delayMs = 0;
  await sessions.end("default", (await opening).id);
});

test("links lead to the address that is set for the public", async () => {
  const base = "https://latchkey.example";
  const runId = await submit(on.ground.parts, { identityId: "ada", flow: "latchkey/check-health" });
  const link = await on.api.call({ method: "POST", url: `/v1/runs/${runId}/live`, payload: {} });
  expect(link.json<{ url: string }>().url).toMatch(`${base}/live/${runId}?token=`);
  const payload = { identityId: "ben" };
  const opened = await on.api.call({ method: "POST", url: "/v1/debug-sessions", payload });
  const { id, cdpUrl } = opened.json<{ id: string; cdpUrl: string }>();
  expect(cdpUrl).toMatch(`wss://latchkey.example/v1/debug-sessions/${id}/cdp?token=`);
  await on.api.deps.sessions.end("default", id);
});
