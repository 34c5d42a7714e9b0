import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../../src/database/open.ts";
import { Failure } from "../../../src/failure.ts";
import { assertFence } from "../../../src/identity/leases/fence.ts";
import { createLeases, type Lease, type Leases } from "../../../src/identity/leases/leases.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { startProgram } from "../../support/program.ts";
import { startProxy } from "../../support/tcp-proxy.ts";

const log = pino({ level: "silent" });
let db: TestDatabase;
let leases: Leases;
beforeAll(async () => {
  db = await createTestDatabase();
  leases = createLeases({ db: db.database, holder: "test", ttlMs: 60_000, log });
});
afterAll(async () => {
  await leases.close();
  await db.drop();
});

const renewal = "update leases set expires_at = clock_timestamp()";

async function reasonOf(lease: Lease): Promise<unknown> {
  if (!lease.lost.aborted) {
    await new Promise((resolve) => lease.lost.addEventListener("abort", resolve, { once: true }));
  }
  return lease.lost.reason;
}

describe("a lease", () => {
  test("is held by one at a time, with a higher token each time", async () => {
    const first = await leases.acquire("one");
    expect(await leases.tryAcquire("one")).toBeNull();
    await first.release();
    await first.release();
    await using second = await leases.acquire("one");
    expect(second.fence.token).toBeGreaterThan(first.fence.token);
    expect(first.lost.aborted).toBe(false);
  });

  test("has as many holders as slots, and no name gets in another's way", async () => {
    await using stack = new AsyncDisposableStack();
    for (let n = 0; n < 3; n += 1) stack.use(await leases.acquire("three", { slots: 3 }));
    expect(await leases.tryAcquire("three", 3)).toBeNull();
    stack.use(await leases.acquire("another", { slots: 1 }));
    expect(await leases.tryAcquire("three", 2)).toBeNull();
    stack.use(await leases.acquire("three", { slots: 4 }));
  });

  test("never has more holders than slots, whatever the order of taking and giving back", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.oneof(fc.constant("take"), fc.nat({ max: 5 })), { maxLength: 20 }),
        async (slots, steps) => {
          run += 1;
          const name = `model ${run}`;
          const held: Lease[] = [];
          const given: boolean[] = [];
          const expected: boolean[] = [];
          for (const step of steps) {
            if (step === "take") {
              const lease = await leases.tryAcquire(name, slots);
              given.push(lease !== null);
              expected.push(held.length < slots);
              if (lease !== null) held.push(lease);
            } else {
              const [lease] = held.splice(Number(step) % Math.max(1, held.length), 1);
              await lease?.release();
            }
          }
          await Promise.all(held.map((lease) => lease.release()));
          expect(given).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([1, 3])("never has more than %i holders in all processes together", async (slots) => {
    const { kysely } = db.database;
    await sql`create table if not exists holds (token bigint primary key, began timestamptz, ended timestamptz)`.execute(
      kysely,
    );
    await sql`truncate holds`.execute(kysely);
    {
      await using stack = new AsyncDisposableStack();
      const programs = [1, 2, 3].map(() =>
        stack.use(
          startProgram(new URL("../fixtures/hold-leases.ts", import.meta.url), {
            args: [`shared ${slots}`, String(slots), "6", "12"],
            env: { DATABASE_URL: db.url.reveal() },
          }),
        ),
      );
      for (const program of programs) expect(await program.line()).toBe("ready");
      for (const program of programs) program.say("go");
      for (const program of programs) expect(await program.line()).toBe("done");
      for (const program of programs) expect(await program.ended).toEqual({ code: 0, signal: null });
    }
    const { rows } = await sql<{ holds: string; most: string; disorder: string }>`
      select
        (select count(*) from holds where ended is not null) as holds,
        (select max(together) from (
          select (select count(*) from holds b where b.began <= a.began and b.ended > a.began) as together from holds a
        ) as at_each_beginning) as most,
        (select count(*) from holds a join holds b on a.ended < b.began and a.token > b.token) as disorder
    `.execute(kysely);
    expect(rows[0]?.holds).toBe(String(3 * 6 * 12));
    expect(Number(rows[0]?.most)).toBeLessThanOrEqual(slots);
    expect(Number(rows[0]?.most)).toBeGreaterThan(0);
    // With several slots, one who was let in earlier may well come to write later.
    expect(slots > 1 || rows[0]?.disorder === "0").toBe(true);
  });
});

describe("waiting", () => {
  test("ends with the release, by another process too, without polling for it", async () => {
    await using holder = startProgram(new URL("../fixtures/hold-one-lease.ts", import.meta.url), {
      args: ["awaited", "60000"],
      env: { DATABASE_URL: db.url.reveal() },
    });
    const token = BigInt(await holder.line());
    const waiting = leases.acquire("awaited");
    const listening = () =>
      sql`select 1 from pg_stat_activity where datname = current_database() and query like 'listen%'`
        .execute(db.database.kysely)
        .then(({ rows }) => rows.length);
    await expect.poll(listening).toBeGreaterThan(0);
    const toldAt = performance.now();
    holder.say("let go");
    await using lease = await waiting;
    // Polling alone would take up to five seconds.
    expect(performance.now() - toldAt).toBeLessThan(3_000);
    expect(lease.fence.token).toBeGreaterThan(token);
    await holder.ended;
  });

  test("goes in the order of asking", async () => {
    const first = await leases.acquire("line");
    const order: number[] = [];
    const all = Array.from({ length: 8 }, async (_, n) => {
      await using _lease = await leases.acquire("line");
      order.push(n);
    });
    await first.release();
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("ends with the signal's reason, and lets the next in line move up", async () => {
    const first = await leases.acquire("aborted");
    const aborter = new AbortController();
    const gone = leases.acquire("aborted", { signal: aborter.signal });
    const next = leases.acquire("aborted");
    const reason = new Error("not any more");
    aborter.abort(reason);
    await expect(gone).rejects.toBe(reason);
    await first.release();
    await (await next).release();
    await expect(leases.acquire("aborted", { signal: aborter.signal })).rejects.toBe(reason);
  });

  test("ends when the leases are closed, and what was held is given back", async () => {
    const closing = createLeases({ db: db.database, holder: "closing", ttlMs: 60_000, log });
    const held = await closing.acquire("closed");
    const waiting = closing.acquire("closed");
    const [outcome] = await Promise.allSettled([waiting, closing.close(), closing.close()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "worker_stopping" } });
    await expect(closing.tryAcquire("closed")).rejects.toMatchObject({ code: "worker_stopping" });
    await (await leases.acquire("closed")).release();
    await held.release();
  });
});

describe("a holder that dies", () => {
  test("is outlived by its lease for the time to live, and not longer", async () => {
    const ttlMs = 1_500;
    const short = createLeases({ db: db.database, holder: "short", ttlMs, log });
    const holder = startProgram(new URL("../fixtures/hold-one-lease.ts", import.meta.url), {
      args: ["orphaned", String(ttlMs)],
      env: { DATABASE_URL: db.url.reveal() },
    });
    await holder.line();
    holder.kill("SIGKILL");
    await holder.ended;
    const killedAt = performance.now();
    await using lease = await short.acquire("orphaned");
    expect(lease.lost.aborted).toBe(false);
    // Expiry, then at most one poll, on a machine that may be busy.
    expect(performance.now() - killedAt).toBeLessThan(ttlMs * 3);
    await short.close();
  });
});

describe("renewal", () => {
  test("keeps every lease far beyond its time to live, with one statement for all", async () => {
    await using proxy = await startProxy(db.url);
    await using database = await openDatabase({ url: proxy.url, dataDir: "/nonexistent", log });
    await using short = createLeases({ db: database, holder: "short", ttlMs: 900, log });
    const held = await Promise.all(Array.from({ length: 40 }, (_, n) => short.acquire(`kept ${n}`)));
    const before = proxy.statements(renewal);
    await expect
      .poll(() => proxy.statements(renewal) - before, { timeout: 20_000 })
      .toBeGreaterThanOrEqual(8);
    expect(proxy.statements(renewal) - before).toBeLessThan(held.length);
    expect(held.filter((lease) => lease.lost.aborted)).toEqual([]);
    for (const lease of held) await assertFence(database.kysely, lease.fence);
    for (const [n] of held.entries()) expect(await leases.tryAcquire(`kept ${n}`)).toBeNull();
  });

  test.each(["stalls", "is cut"])(
    "that cannot happen because the connection %s gives the lease up before anyone else is let in",
    async (how) => {
      await using proxy = await startProxy(db.url);
      await using database = await openDatabase({ url: proxy.url, dataDir: "/nonexistent", log });
      const ttlMs = 1_500;
      const short = createLeases({ db: database, holder: "short", ttlMs, log });
      const lease = await short.acquire(`cut off, ${how}`);
      if (how === "stalls") proxy.stall();
      else proxy.cut();
      const lostAt = reasonOf(lease).then((reason) => {
        expect(reason).toBeInstanceOf(Failure);
        expect(reason).toMatchObject({ code: "lease_lost" });
        return performance.now();
      });
      let next: Lease | null = null;
      while (next === null) next = await leases.tryAcquire(`cut off, ${how}`);
      const takenAt = performance.now();
      expect(await lostAt).toBeLessThan(takenAt);
      proxy.resume();
      await next.release();
      await short.close();
    },
  );

  test("goes on over another connection when one hangs for good, before anything is lost", async () => {
    await using proxy = await startProxy(db.url);
    const database = await openDatabase({ url: proxy.url, dataDir: "/nonexistent", log });
    const short = createLeases({ db: database, holder: "short", ttlMs: 1_500, log });
    const lease = await short.acquire("hung");
    proxy.stallOn(renewal);
    await expect.poll(() => proxy.statements(renewal), { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
    expect(lease.lost.aborted).toBe(false);
    await assertFence(db.database.kysely, lease.fence);
    proxy.cut();
    await short.close();
    await database.close();
  });

  test("does not bring back a lease that ran out, though nobody took it", async () => {
    const short = createLeases({ db: db.database, holder: "short", ttlMs: 600, log });
    const lease = await short.acquire("ran out");
    await sql`update leases set expires_at = now() where name = 'ran out'`.execute(db.database.kysely);
    expect(await reasonOf(lease)).toMatchObject({
      code: "lease_lost",
      message: expect.stringContaining("it had expired when it was to be renewed"),
    });
    await short.close();
  });

  test("finds out when the lease is somebody else's", async () => {
    const short = createLeases({ db: db.database, holder: "short", ttlMs: 600, log });
    const lease = await short.acquire("taken away");
    await sql`update leases set token = nextval('lease_tokens') where name = 'taken away'`.execute(
      db.database.kysely,
    );
    expect(await reasonOf(lease)).toMatchObject({ code: "lease_lost" });
    await short.close();
  });
});

describe("a fenced transaction", () => {
  test("fails once the lease is not held any more", async () => {
    const lease = await leases.acquire("fenced");
    await assertFence(db.database.kysely, lease.fence);
    await lease.release();
    await expect(assertFence(db.database.kysely, lease.fence)).rejects.toMatchObject({ code: "lease_lost" });
    await using next = await leases.acquire("fenced");
    await assertFence(db.database.kysely, next.fence);
    await expect(assertFence(db.database.kysely, lease.fence)).rejects.toMatchObject({ code: "lease_lost" });
  });

  test("keeps a successor out until it is committed, even if the lease runs out meanwhile", async () => {
    const short = createLeases({ db: db.database, holder: "short", ttlMs: 300, log });
    const lease = await short.acquire("slow commit");
    const order: string[] = [];
    let successor: Promise<unknown> | undefined;
    await db.database.kysely.transaction().execute(async (trx) => {
      await assertFence(trx, lease.fence);
      successor = short.acquire("slow commit").then(async (next) => {
        order.push("successor");
        await next.release();
      });
      await reasonOf(lease);
      // Past the expiry by the database's clock, of which the loss is ahead.
      await delay(300);
      order.push("commit");
    });
    await successor;
    expect(order).toEqual(["commit", "successor"]);
    await short.close();
  });
});
