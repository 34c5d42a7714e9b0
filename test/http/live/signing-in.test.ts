import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { SessionScope } from "../../../src/session/tokens.ts";
import { openSessionGround, type SessionGround } from "../../support/session-ground.ts";

let on: SessionGround;

beforeAll(async () => {
  on = await openSessionGround();
});
afterAll(async () => {
  await on.clear();
  await on[Symbol.asyncDispose]();
});

/** What a viewer is sent, by name, one after another. */
function watch(id: string, scope: SessionScope): { seen: string[]; socket: WebSocket } {
  const token = on.api.deps.sessionTokens.make({ id, project: "default", scope, lifeMs: 60_000 }).reveal();
  const url = `${on.service.replace("http", "ws")}/live/${id}/socket`;
  const socket = new WebSocket(url, ["latchkey.live", token], { origin: on.service });
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
