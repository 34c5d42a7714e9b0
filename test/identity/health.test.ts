import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { currentHealth, type Finding, type HealthRow } from "../../src/identity/health.ts";
import { isExpiring, lapsesAt } from "../../src/identity/states/state-expiry.ts";
import type { Identity } from "../../src/identity/types.ts";
import { newIdentity, openTestIdentities, type TestIdentities } from "../support/identities.ts";

const source = "https://app.example.com/home";
const hour = 3_600_000;
const at = Date.parse("2026-11-21T12:00:00Z");
const cookie = (change: object) => ({
  name: "sid",
  domain: ".example.com",
  httpOnly: true,
  expires: at / 1_000 + 3_600,
  ...change,
});

describe("when a saved state certainly ends", () => {
  const ends = (...cookies: unknown[]) => lapsesAt({ cookies }, source);

  test("is when the last cookie ends that may carry the login", () => {
    expect(ends(cookie({}), cookie({ expires: at / 1_000 + 7_200 }))).toEqual(new Date(at + 2 * hour));
  });
  test("is not known where such a cookie ends with the browser", () => {
    expect(ends(cookie({}), cookie({ expires: -1 }))).toBeUndefined();
  });
  test("does not hang on cookies of other sites, nor on those that scripts read", () => {
    expect(ends(cookie({ domain: "ads.test" }), cookie({ httpOnly: false }))).toBeUndefined();
    expect(ends(cookie({}), cookie({ domain: "ads.test", expires: -1 }))).toEqual(new Date(at + hour));
  });
  test("no cookies at all make it throw", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (cookies) => {
        const found = lapsesAt({ cookies }, source);
        expect(found === undefined || found instanceof Date).toBe(true);
      }),
    );
  });
});

test("a state is about to end in its last quarter, and no sooner than a day before", () => {
  const capturedAt = new Date(at);
  const short = { capturedAt, endsAt: new Date(at + 8 * hour) };
  expect(isExpiring(short, at + 5.9 * hour)).toBe(false);
  expect(isExpiring(short, at + 6.1 * hour)).toBe(true);
  const long = { capturedAt, endsAt: new Date(at + 30 * 24 * hour) };
  expect(isExpiring(long, at + 28.9 * 24 * hour)).toBe(false);
  expect(isExpiring(long, at + 29.1 * 24 * hour)).toBe(true);
});

describe("what is known now", () => {
  const row: HealthRow = {
    at: new Date(at),
    seen_at: new Date(at),
    state: "healthy",
    reason: "Its saved state signs it in.",
    code: null,
    run_id: null,
    note: null,
    note_at: null,
  };
  const facts = {
    status: "validated" as const,
    statusReason: null,
    statusAt: new Date(at - hour),
    stateCapturedAt: new Date(at),
    stateLapsesAt: new Date(at + 8 * hour),
  };
  test.each([
    ["unknown", null, facts],
    ["healthy", row, facts],
    ["unknown", row, { ...facts, status: "pending" as const, statusAt: new Date(at + 1) }],
    ["needs_attention", row, { ...facts, status: "failed" as const }],
    ["needs_attention", null, { ...facts, status: "failed" as const }],
  ])("is %s", (state, given, identity) => {
    expect(currentHealth(given, identity, at).state).toBe(state);
  });
  test("is expiring when the state is about to end", () => {
    expect(currentHealth(row, facts, at + 7 * hour)).toMatchObject({
      state: "expiring",
      reason: "The last cookie of its login ends at 2026-11-21T20:00:00.000Z.",
    });
  });
});

describe("the history", () => {
  let ground: TestIdentities;
  let identity: Identity;
  const runId = "00000000-0000-4000-8000-000000000000";
  const healthy: Finding = { state: "healthy", reason: "Its saved state signs it in.", code: null };
  const unsure: Finding = { state: "unsure", reason: "The site did not answer.", code: "site_unreachable" };
  const odd: Finding = {
    state: "needs_attention",
    reason: "No rule fitted.",
    code: "login_unrecognised",
    confirm: true,
  };

  beforeAll(async () => {
    ground = await openTestIdentities();
  });
  afterAll(async () => {
    await ground[Symbol.asyncDispose]();
  });

  async function record(...findings: Finding[]) {
    identity = await ground.identities.create("default", newIdentity(), { name: "test" });
    await ground.identities.setStatus(identity.id, "validated", null);
    for (const finding of findings)
      await ground.identities.recordHealth(identity.id, finding, { runId, credentialsVersion: 1 });
    return await ground.identities.healthHistory("default", identity.id);
  }
  const now = async () => (await ground.identities.get("default", identity.id)).health;

  test("has one entry for looks that found the same", async () => {
    const [entry, ...others] = await record(healthy, healthy, healthy);
    expect(others).toEqual([]);
    expect(entry?.seenAt.getTime()).toBeGreaterThan(entry?.at.getTime() ?? 0);
    expect(await now()).toMatchObject({ state: "healthy", runId });
  });

  test("keeps what was known when a look could not tell", async () => {
    expect(await record(healthy, unsure)).toHaveLength(1);
    expect(await now()).toMatchObject({ state: "healthy", note: "The site did not answer." });
    await ground.identities.recordHealth(identity.id, healthy, { runId, credentialsVersion: 1 });
    expect(await now()).toMatchObject({ state: "healthy", note: null });
  });

  test("knows nothing when no look could tell", async () => {
    await record(unsure);
    expect(await now()).toMatchObject({ state: "unknown", note: "The site did not answer." });
  });

  test("believes what may be a fluke the second time", async () => {
    await record(healthy, odd);
    expect(await now()).toMatchObject({ state: "healthy", note: "No rule fitted." });
    await record(healthy, odd, odd);
    expect(await now()).toMatchObject({ state: "needs_attention", code: "login_unrecognised" });
    await record(healthy, odd, healthy, odd);
    expect(await now()).toMatchObject({ state: "healthy" });
  });

  test("is not written by a look that began before the credentials were replaced", async () => {
    await record(healthy);
    await ground.identities.update(
      "default",
      identity.id,
      { sourceUrl: "https://other.example.com/" },
      { name: "test" },
    );
    await ground.identities.recordHealth(identity.id, odd, { runId, credentialsVersion: 1 });
    expect(await now()).toMatchObject({ state: "unknown", reason: "Nobody has looked yet." });
  });

  test("is another project's business", async () => {
    await record(healthy);
    await expect(ground.identities.healthHistory("other", identity.id)).rejects.toMatchObject({
      code: "unknown_identity",
    });
  });
});
