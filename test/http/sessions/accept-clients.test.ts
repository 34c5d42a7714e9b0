import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { SessionRecord } from "../../../src/session/types.ts";
import { openSessionGround, type SessionGround } from "../../support/session-ground.ts";
import { upgradeStatus } from "../../support/web-socket.ts";

let on: SessionGround;

beforeAll(async () => {
  on = await openSessionGround();
});
afterEach(() => on.clear());
afterAll(() => on[Symbol.asyncDispose]());

test("a client is let in with what is good for the session, and nobody else learns of it", async () => {
  const session = await on.create();
  const { database } = await on.ground.parts.store();
  await database.kysely.insertInto("projects").values({ id: "theirs" }).execute();
  const at = (credential: string, id = session.id) =>
    `${on.service.replace("http", "ws")}/?apiKey=${credential}&sessionId=${id}`;
  const other = await on.create();
  const tokenOf = (record: SessionRecord, scope: "view" | "drive" = "drive") =>
    new URL(on.addressOf(record, scope)).searchParams.get("apiKey") ?? "";

  expect(await upgradeStatus(at(await on.api.addKey("admin")))).toBe(101);
  expect(await upgradeStatus(at(tokenOf(session)))).toBe(101);
  expect(await upgradeStatus(at(tokenOf(session)).replace("/?", "/anchor?"))).toBe(101);
  expect(await upgradeStatus(at(tokenOf(session)), { origin: "https://evil.example" })).toBe(403);
  expect(await upgradeStatus(at(tokenOf(session, "view")))).toBe(403);
  expect(await upgradeStatus(at(await on.api.addKey("submit")))).toBe(403);
  expect(await upgradeStatus(at(tokenOf(other)))).toBe(401);
  expect(await upgradeStatus(at("nonsense"))).toBe(401);
  expect(await upgradeStatus(at(await on.api.addKey("admin", "theirs")))).toBe(404);
  expect(await upgradeStatus(at(await on.api.addKey("admin"), "00000000-0000-4000-8000-000000000000"))).toBe(
    404,
  );
  await on.end(session);
  expect(await upgradeStatus(at(tokenOf(session)))).toBe(410);
  expect(on.ground.logged()).not.toContain(tokenOf(session));
});
