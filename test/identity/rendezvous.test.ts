import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../src/database/open.ts";
import { ensureProject } from "../../src/identity/projects.ts";
import { createRendezvous } from "../../src/identity/rendezvous.ts";
import { openTestIdentities, type TestIdentities } from "../support/identities.ts";

let ground: TestIdentities;

beforeAll(async () => {
  ground = await openTestIdentities();
  await ensureProject(ground.db.database, "other");
});
afterAll(() => ground[Symbol.asyncDispose]());

const here = () => createRendezvous({ db: ground.db.database, keyring: ground.keyring });
const soon = () => AbortSignal.timeout(10_000);

test("what one process signals another gets, at once, and only one of those who wait", async () => {
  const log = pino({ level: "silent" });
  await using elsewhere = await openDatabase({ url: ground.db.database.url, dataDir: "/nonexistent", log });
  const there = createRendezvous({ db: elsewhere, keyring: ground.keyring });
  const place = { project: "default", name: "code" };
  const stop = new AbortController();
  const waiting = [1, 2].map(() => there.wait(place, stop.signal));
  const startedAt = Date.now();
  // Until both listen.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await here().signal(place, { code: "1" });
  expect(await Promise.race(waiting)).toEqual({ data: { code: "1" } });
  expect(Date.now() - startedAt).toBeLessThan(1_500);
  await here().signal(place, { code: "2" });
  const both = await Promise.all(waiting);
  expect(both.map((found) => found?.data)).toEqual(expect.arrayContaining([{ code: "1" }, { code: "2" }]));
  stop.abort();
});

test("what nobody waits for is kept in its order, for its own project and name", async () => {
  const rendezvous = here();
  const place = { project: "default", name: "kept" };
  await rendezvous.signal(place, 1);
  await rendezvous.signal(place, [2]);
  for (const other of [
    { ...place, project: "other" },
    { ...place, name: "Kept" },
  ])
    expect(await rendezvous.wait(other, AbortSignal.timeout(50))).toBeUndefined();
  expect(await rendezvous.wait(place, soon())).toEqual({ data: 1 });
  expect(await rendezvous.wait(place, soon())).toEqual({ data: [2] });
  expect(await rendezvous.wait(place, AbortSignal.timeout(50))).toBeUndefined();
});

test("it is sealed while it waits, and thrown away after ten minutes", async () => {
  const { kysely } = ground.db.database;
  const rendezvous = here();
  const place = { project: "default", name: "old" };
  await rendezvous.signal(place, { code: "canary-in-a-signal" });
  const { rows } = await sql<{ text: string }>`select encode(sealed, 'escape') as text from signals`.execute(
    kysely,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.text).not.toContain("canary");
  await sql`update signals set created_at = now() - interval '11 minutes'`.execute(kysely);
  expect(await rendezvous.wait(place, AbortSignal.timeout(50))).toBeUndefined();
  await rendezvous.signal({ ...place, name: "new" }, 1);
  const left = await kysely.selectFrom("signals").select("name").execute();
  expect(left).toEqual([{ name: "new" }]);
});
