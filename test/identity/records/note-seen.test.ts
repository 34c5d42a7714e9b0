import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { noteSeen } from "../../../src/identity/records/note-seen.ts";
import type { Sighting } from "../../../src/identity/types.ts";
import { newIdentity } from "../../support/identities.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

let ground: TestParts;
const actor = { name: "test" };

beforeAll(async () => {
  ground = await openTestParts();
});
afterAll(() => ground[Symbol.asyncDispose]());

async function freshIdentity() {
  const { identities } = await ground.parts.store();
  return { identities, ...(await identities.create("default", newIdentity(), actor)) };
}

const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 9, 0, second)).toISOString();

test("whatever order sightings are told in, the earliest is the first and the latest the last", async () => {
  const sightings = fc.uniqueArray(
    fc.record({
      at: fc.integer({ min: 0, max: 500 }).map(at),
      address: fc.option(fc.ipV4()),
      userAgent: fc.option(fc.stringMatching(/^[\w /().;]{1,40}$/)),
    }),
    { minLength: 1, maxLength: 6, selector: (sighting: Sighting) => sighting.at },
  );
  await fc.assert(
    fc.asyncProperty(sightings, async (told) => {
      const { identities, id } = await freshIdentity();
      for (const sighting of told) await identities.noteSeen(id, sighting);
      const sorted = told.toSorted((a, b) => (a.at < b.at ? -1 : 1));
      const { firstSeen, lastSeen } = await identities.get("default", id);
      expect([firstSeen, lastSeen]).toEqual([sorted[0], sorted.at(-1)]);
    }),
    { numRuns: 15 },
  );
});

test("only the sighting itself does without waiting for the disk", async () => {
  const { identities, id } = await freshIdentity();
  const { database } = await ground.parts.store();
  const setting = async (db: typeof database.kysely) =>
    (await sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(db)).rows;
  await database.kysely.connection().execute(async (connection) => {
    // The tests' own Postgres waits for no disk at all.
    await sql`set synchronous_commit = on`.execute(connection);
    await noteSeen(connection, {
      id,
      sighting: { at: at(1), address: null, userAgent: null },
      isFlushed: false,
    });
    expect(await setting(connection)).toEqual([{ synchronous_commit: "on" }]);
    await sql`reset synchronous_commit`.execute(connection);
  });
  await database.kysely.transaction().execute(async (trx) => {
    await sql`set local synchronous_commit = on`.execute(trx);
    await noteSeen(trx, { id, sighting: { at: at(2), address: null, userAgent: null }, isFlushed: true });
    expect(await setting(trx)).toEqual([{ synchronous_commit: "on" }]);
  });
  const { firstSeen, lastSeen } = await identities.get("default", id);
  expect([firstSeen?.at, lastSeen?.at]).toEqual([at(1), at(2)]);
});

test("a sighting changes nothing else, and one of an identity that is gone is no fault", async () => {
  const { identities, id, updatedAt } = await freshIdentity();
  await identities.noteSeen(id, { at: at(1), address: null, userAgent: `a\u0000b${"c".repeat(600)}` });
  const seen = await identities.get("default", id);
  expect(seen.updatedAt).toEqual(updatedAt);
  expect(seen.lastSeen?.userAgent).toBe(`a b${"c".repeat(497)}`);
  await identities.remove("default", id, actor);
  await identities.noteSeen(id, { at: at(2), address: null, userAgent: null });
  expect((await identities.getDeleted("default", id))?.lastSeen?.at).toBe(at(1));
});
