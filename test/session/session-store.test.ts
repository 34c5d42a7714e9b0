import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSessionStore, serverLease } from "../../src/session/session-store.ts";
import type { SessionRecord } from "../../src/session/types.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

let ground: TestParts;
beforeAll(async () => {
  ground = await openTestParts();
  const { database } = await ground.parts.store();
  await database.kysely
    .insertInto("projects")
    .values([{ id: "default" }, { id: "theirs" }])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
});
afterAll(() => ground[Symbol.asyncDispose]());

const open = async () => createSessionStore((await ground.parts.store()).database.kysely);

function record(change: Partial<SessionRecord> = {}): SessionRecord & { actor: string } {
  return {
    id: randomUUID(),
    project: "default",
    status: "running",
    identities: [],
    tags: [],
    configuration: {},
    recording: false,
    createdAt: new Date(Date.now() - 120_000),
    startedAt: null,
    endedAt: null,
    endedBy: null,
    code: null,
    expiresAt: null,
    actor: "key:test",
    ...change,
  };
}

test("sessions of a server that died are ended, and those of one that lives are not", async () => {
  const store = await open();
  const [lost, held, young, over] = [
    record(),
    record(),
    record({ createdAt: new Date() }),
    record({ status: "ended", endedBy: "client", endedAt: new Date() }),
  ] as const;
  for (const one of [lost, held, young, over]) await store.add(one);
  await store.change(over.id, { endedAt: over.endedAt, endedBy: "client" });
  const { leases } = await ground.parts.store();
  await using _lease = await leases.acquire(serverLease(held.id));
  await store.endLost();
  expect(await store.get("default", lost.id)).toMatchObject({ status: "ended", endedBy: "server lost" });
  expect(await store.get("default", held.id)).toMatchObject({ status: "running", endedBy: null });
  expect(await store.get("default", young.id)).toMatchObject({ status: "running", endedBy: null });
  expect(await store.get("default", over.id)).toMatchObject({ status: "ended", endedBy: "client" });
});

test("sessions are found by tags, identity, status and time, page by page, and by their own project only", async () => {
  const store = await open();
  const tag = randomUUID();
  const identityId = randomUUID();
  const made = Array.from({ length: 5 }, (_, index) =>
    record({
      tags: index % 2 === 0 ? [tag, "even"] : [tag],
      createdAt: new Date(Date.UTC(2026, 0, 1 + index)),
      identities: index === 3 ? [{ id: identityId, status: "authenticated", runId: randomUUID() }] : [],
      status: index === 4 ? "ended" : "running",
    }),
  );
  for (const one of made) await store.add(one);
  await store.add(record({ project: "theirs", tags: [tag] }));
  const ids = async (filter: Parameters<typeof store.list>[1]) => {
    const { total, sessions } = await store.list("default", { tags: [tag], ...filter });
    return { total, found: sessions.map(({ id }) => made.findIndex((one) => one.id === id)) };
  };
  expect(await ids({})).toEqual({ total: 5, found: [0, 1, 2, 3, 4] });
  expect(await ids({ newestFirst: true, offset: 1, limit: 2 })).toEqual({ total: 5, found: [3, 2] });
  expect(await ids({ tags: [tag, "even"] })).toEqual({ total: 3, found: [0, 2, 4] });
  expect(await ids({ identityId })).toEqual({ total: 1, found: [3] });
  expect(await ids({ statuses: ["ended"] })).toEqual({ total: 1, found: [4] });
  const day = (number: number) => new Date(Date.UTC(2026, 0, number));
  expect(await ids({ createdFrom: day(2), createdTo: day(3) })).toEqual({ total: 2, found: [1, 2] });
  await expect(store.get("theirs", made[0]?.id ?? "")).rejects.toMatchObject({ code: "not_found" });
});
