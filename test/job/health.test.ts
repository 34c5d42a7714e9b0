import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { canReauthenticate } from "../../src/identity/credentials/can-reauthenticate.ts";
import type { Identity } from "../../src/identity/types.ts";
import { sessionLease } from "../../src/job/run/claim-identity.ts";
import { listFires } from "../../src/job/schedule/fires.ts";
import { scheduleHealth } from "../../src/job/schedule/schedule-health.ts";
import { type Service, startService } from "../../src/main.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { ended, quickUser, submit } from "../support/runs.ts";
import { eventually } from "../support/schedules.ts";

const checkHealth = "latchkey/check-health";

describe("health checks", () => {
  let site: PracticeSite;
  let ground: TestParts;
  let service: Service;
  let identity: Identity;

  beforeAll(async () => {
    site = await startPracticeSite({ users: [quickUser] });
    ground = await openTestParts({
      settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_CONCURRENCY: "3" },
    });
    service = await startService(ground.parts, new Set(["worker"]));
  });
  afterAll(async () => {
    await service.stop(1_000);
    await ground[Symbol.asyncDispose]();
    await site.close();
  });
  beforeEach(async () => {
    site.reset();
    identity = await add();
  });

  const add = (overrides: Parameters<typeof addPracticeIdentity>[3] = {}) =>
    addPracticeIdentity(ground.parts, site.url, quickUser, {
      name: `ada ${randomUUID().slice(0, 13)}`,
      ...overrides,
    });

  async function run(flow: string, input?: { reauthenticate: boolean }) {
    const runId = await submit(ground.parts, {
      identityId: identity.id,
      flow,
      ...(input === undefined ? {} : { input }),
    });
    return await ended(ground.parts, runId);
  }
  const now = async () => {
    const { identities } = await ground.parts.store();
    return await identities.get("default", identity.id);
  };

  test("a run in passing makes its identity healthy, and a check of it types nothing", async () => {
    expect((await now()).health).toMatchObject({ state: "unknown" });
    const first = await run("trial/look");
    expect((await now()).health).toMatchObject({
      state: "healthy",
      reason: "It was signed in anew.",
      runId: first.id,
    });
    const { passwordSubmits, logins } = site.counters;
    const check = await run(checkHealth);
    expect(check.outcome).toMatchObject({ status: "succeeded", result: { signedIn: true } });
    expect(check.stages.map(({ name, detail }) => [name, detail ?? ""])).toContainEqual([
      "login",
      "saved state reused",
    ]);
    expect(site.counters).toMatchObject({ passwordSubmits, logins });
    expect((await now()).health).toMatchObject({ state: "healthy", runId: check.id });
  });

  test("a state that has lapsed is renewed by one login", async () => {
    await run("trial/look");
    site.expireSessions();
    const { passwordSubmits } = site.counters;
    expect(canReauthenticate(await now())).toEqual({ can: true, reason: null });
    const check = await run(checkHealth);
    expect(check.outcome).toMatchObject({ status: "succeeded", result: { signedIn: true } });
    expect(site.counters.passwordSubmits).toBe(passwordSubmits + 1);
    expect((await now()).health).toMatchObject({ state: "healthy", reason: "It was signed in anew." });
    // What was renewed is what the next run uses.
    await run("trial/look");
    expect(site.counters.passwordSubmits).toBe(passwordSubmits + 1);
  });

  test("a state that has lapsed is left alone where the check, or the identity, says so", async () => {
    const { identities } = await ground.parts.store();
    await run("trial/look");
    site.expireSessions();
    const { passwordSubmits } = site.counters;
    const check = await run(checkHealth, { reauthenticate: false });
    expect(check.outcome).toMatchObject({
      status: "succeeded",
      result: { signedIn: false, reason: expect.stringContaining("signs nobody in") },
    });
    expect((await now()).health).toMatchObject({ state: "needs_attention", code: "session_lapsed" });

    await identities.update("default", identity.id, { autoReauthenticate: false }, { name: "test" });
    await run(checkHealth);
    expect((await now()).health.reason).toContain("not to be signed in by health checks");
    expect(site.counters.passwordSubmits).toBe(passwordSubmits);
    // Any run signs it in, and it is healthy again.
    await run("trial/look");
    expect((await now()).health).toMatchObject({ state: "healthy" });
    const history = await identities.healthHistory("default", identity.id);
    expect(history.map(({ state }) => state)).toEqual([
      "healthy",
      "needs_attention",
      "needs_attention",
      "healthy",
    ]);
  });

  test("an identity that never signed in is not signed in by a check", async () => {
    const { passwordSubmits } = site.counters;
    const check = await run(checkHealth);
    expect(check.outcome).toMatchObject({
      result: { signedIn: false, reason: expect.stringContaining("never signed in") },
    });
    expect((await now()).health.state).toBe("needs_attention");
    expect(site.counters.passwordSubmits).toBe(passwordSubmits);
  });

  test("a site that is down changes nothing, and is noted", async () => {
    await run("trial/look");
    site.switches.serverError = true;
    const check = await run(checkHealth);
    expect(check.outcome).toMatchObject({ status: "failed", code: "site_error" });
    expect((await now()).health).toMatchObject({
      state: "healthy",
      note: expect.stringContaining("status 5"),
    });
    site.switches.serverError = false;
    await run(checkHealth);
    expect((await now()).health).toMatchObject({ state: "healthy", note: null });
  });

  test("credentials that the site refuses need attention, once tried and never again", async () => {
    identity = await add({ password: "wrong" });
    await run("trial/look");
    expect((await now()).health).toMatchObject({ state: "needs_attention", code: "invalid_credentials" });
    const { passwordSubmits } = site.counters;
    expect((await run(checkHealth)).outcome).toMatchObject({ code: "identity_failed" });
    expect(site.counters.passwordSubmits).toBe(passwordSubmits);
    expect((await now()).health).toMatchObject({ state: "needs_attention", code: "invalid_credentials" });
  });

  test("a schedule looks at every identity of an application, but those at work", async () => {
    const { applications, database, identities, leases, schedules, runs } = await ground.parts.store();
    const application = await applications.create(
      "default",
      { name: `shop ${randomUUID().slice(0, 8)}x`, url: site.url },
      { name: "test" },
    );
    await run("trial/look");
    site.expireSessions();
    const others = [await add(), await add(), await add(), await add()];
    const [busy, unwatched, outside, inactive] = others;
    for (const one of [identity, busy, unwatched, inactive]) {
      const patch = {
        applicationId: application.id,
        ...(one === unwatched ? { healthChecks: false } : {}),
        ...(one === inactive ? { state: "inactive" as const } : {}),
      };
      await identities.update("default", one?.id ?? "", patch, { name: "test" });
    }
    const lease = await leases.acquire(sessionLease(busy?.id ?? ""));
    const deps = { applications, schedules };
    const schedule = await scheduleHealth(deps, "default", { application: application.name, every: "1s" });
    await eventually(async () => expect((await now()).health.reason).toBe("It was signed in anew."));
    await eventually(async () =>
      expect((await listFires(database.kysely, schedule.id, 10)).at(-1)).toMatchObject({
        result: "submitted",
        reason: "1 looked at, 1 at work.",
      }),
    );
    // Set again, it is the same schedule.
    const again = await scheduleHealth(deps, "default", { application: application.id, every: "1d" });
    expect(again).toMatchObject({ id: schedule.id, everyMs: 86_400_000 });
    await lease.release();
    const made = await runs.list({ project: "default", scheduleId: schedule.id });
    expect(new Set(made.map(({ identityId }) => identityId))).toEqual(new Set([identity.id]));
    for (const { id } of made) await ended(ground.parts, id);
    expect((await identities.get("default", outside?.id ?? "")).health.state).toBe("unknown");
    await schedules.remove("default", schedule.id);
  });
});
