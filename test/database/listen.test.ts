import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../src/database/open.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";

const log = pino({ level: "silent" });
let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test("a notification reaches every listener of its channel, in every process, and no other", async () => {
  await using other = await openDatabase({ url: db.url, dataDir: "/nonexistent", log });
  const heard: string[] = [];
  await using _one = await db.database.listen("test_one", (payload) => heard.push(`one ${payload}`));
  await using _again = await db.database.listen("test_one", (payload) => heard.push(`again ${payload}`));
  await using _two = await db.database.listen("test_two", (payload) => heard.push(`two ${payload}`));
  await using _far = await other.listen("test_one", (payload) => heard.push(`far ${payload}`));
  await db.database.notify("test_one", "a");
  await expect.poll(() => heard.toSorted()).toEqual(["again a", "far a", "one a"]);
});

test("nothing is heard after a listener is disposed of", async () => {
  const heard: string[] = [];
  const gone = await db.database.listen("test_gone", (payload) => heard.push(`gone ${payload}`));
  await gone[Symbol.asyncDispose]();
  await using _stays = await db.database.listen("test_stays", (payload) => heard.push(`stays ${payload}`));
  await db.database.notify("test_gone", "a");
  await db.database.notify("test_stays", "a");
  await expect.poll(() => heard).toEqual(["stays a"]);
  await using _back = await db.database.listen("test_gone", (payload) => heard.push(`back ${payload}`));
  await db.database.notify("test_gone", "b");
  await expect.poll(() => heard).toEqual(["stays a", "back b"]);
});

test("all channels share one connection", async () => {
  const listening = Array.from({ length: 4 }, (_, n) =>
    db.database.listen(`test_many_${"abcd".charAt(n)}`, () => {}),
  );
  for (const one of listening) await one;
  const { rows } = await sql<{ count: string }>`
    select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'latchkey listen'
  `.execute(db.database.kysely);
  expect(rows[0]?.count).toBe("1");
  for (const one of listening) await (await one)[Symbol.asyncDispose]();
});

test("a broken connection is made again, says so, and hears on", async () => {
  const heard: string[] = [];
  let resumed = 0;
  await using _one = await db.database.listen(
    "test_broken",
    (payload) => heard.push(payload),
    () => (resumed += 1),
  );
  for (const round of [1, 2]) {
    await sql`
      select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and application_name = 'latchkey listen'
    `.execute(db.database.kysely);
    await expect.poll(() => resumed).toBe(round);
    await db.database.notify("test_broken", `after ${round}`);
    await expect.poll(() => heard.at(-1)).toBe(`after ${round}`);
  }
});

test("a listener that throws does not keep the others from hearing", async () => {
  const heard: string[] = [];
  await using _bad = await db.database.listen("test_throws", () => {
    throw new Error("not this one");
  });
  await using _good = await db.database.listen("test_throws", (payload) => heard.push(payload));
  await db.database.notify("test_throws", "a");
  await expect.poll(() => heard).toEqual(["a"]);
});

test("a channel is a fixed name, never made of data", async () => {
  await expect(db.database.listen('x"; drop table runs; --', () => {})).rejects.toThrow(TypeError);
});
