import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { RunEvent } from "../../src/events.ts";
import type { Identity, IdentityState } from "../../src/identity/types.ts";
import { loginLease, sessionLease } from "../../src/job/run/claim-identity.ts";
import type { RunDeps } from "../../src/job/run/run-context.ts";
import { runJob } from "../../src/job/run-job.ts";
import { type Service, startService } from "../../src/main.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { ended, flowStarted, quickUser, submit } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/web-server.ts";

let ground: TestParts;
let api: TestApi;
let worker: Service;
let site: PracticeSite;
/** Everything that is asked of the site. */
let door: TestServer;
let identity: Identity;
const actor = { name: "test" };

beforeAll(async () => {
  [site, door] = await Promise.all([startPracticeSite({ users: [quickUser] }), startServer()]);
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
  api = await openTestApi(ground.parts);
  worker = await startService(ground.parts, new Set(["worker"]));
});
afterAll(async () => {
  await worker.stop(1_000);
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await Promise.all([site.close(), door[Symbol.asyncDispose]()]);
});

async function make(state: IdentityState): Promise<void> {
  const { identities } = await ground.parts.store();
  await identities.update("default", identity.id, { state }, actor);
}

/** A run in this process, as a person's command makes it: it waits where the identity is held. */
async function runHere(onEvent: (event: RunEvent) => void = () => undefined) {
  const { identities, leases, codes } = await ground.parts.store();
  const { openSession } = await ground.parts.browsers();
  const deps: RunDeps = {
    catalogue: await ground.parts.catalogue(),
    identities,
    leases: {
      ...leases,
      acquire(name, options) {
        asked.add(name);
        return leases.acquire(name, options);
      },
    },
    openSession,
    artifacts: ground.parts.artifacts,
    log: ground.parts.log,
    emit: onEvent,
    actor: "test",
    whenBusy: "wait",
    codes,
    codeTimeoutMs: 10_000,
    runDeadlineMs: 30_000,
    loginTimeoutMs: 30_000,
  };
  const job = { flow: "trial/look", identityId: identity.id };
  return await runJob(job, randomUUID(), deps, new AbortController().signal);
}

/** Takes a lease that the identity's runs wait for. */
async function hold(name: string) {
  const { leases } = await ground.parts.store();
  const lease = await leases.tryAcquire(name, 1);
  if (lease === null) throw new Error("it is held already");
  return lease;
}

/** Leases that runs in this process have asked for. */
const asked = new Set<string>();
/** Resolves when a run here waits for the lease. */
const waitedFor = (name: string) => expect.poll(() => asked.has(name), { timeout: 15_000 }).toBe(true);

describe("while an identity is inactive", () => {
  beforeAll(async () => {
    identity = await addPracticeIdentity(ground.parts, door.url, quickUser, { name: "door" });
    await make("inactive");
  });

  test.each(["trial/look", "latchkey/validate", "latchkey/check-health"])(
    "%s fails before it has a browser",
    async (flow) => {
      const runId = await submit(ground.parts, { identityId: identity.id, flow }, { attempts: 3 });
      const stages: string[] = [];
      const run = await ended(ground.parts, runId, (event) => {
        if (event.type === "stage") stages.push(`${event.stage} ${event.status}`);
      });
      expect(run).toMatchObject({
        status: "failed",
        attempts: 1,
        outcome: { code: "identity_inactive", retryable: false },
      });
      expect(stages).toEqual(["identity started", "identity ended"]);
    },
  );

  test("nobody is handed a browser that is signed in as it", async () => {
    const debug = await api.call({
      method: "POST",
      url: "/v1/debug-sessions",
      payload: { identityId: "door" },
    });
    expect([debug.statusCode, debug.body]).toEqual([409, expect.stringContaining("identity_inactive")]);
    const session = await api.call({
      method: "POST",
      url: "/v1/sessions",
      payload: { identities: [{ id: identity.id }] },
    });
    expect(session.statusCode).toBe(409);
    const request = { project: "default", actor: "test", identityIds: [identity.id] };
    const { signal } = new AbortController();
    await expect(api.deps.sessions.create({ ...request, signal })).rejects.toMatchObject({
      code: "identity_inactive",
    });
  });

  test("it is not signed in again over Anchor's API, and its health is as it was", async () => {
    const answer = await api.call({
      method: "POST",
      url: `/v1/identities/${identity.id}/reauthenticate`,
      payload: { sync: true },
    });
    expect(answer.json()).toMatchObject({ authenticated: false, failure: "identity_inactive" });
    const { identities } = await ground.parts.store();
    const { status, health, firstSeen, lastLogin } = await identities.get("default", identity.id);
    expect({ status, health: health.state, firstSeen, lastLogin }).toEqual({
      status: "pending",
      health: "unknown",
      firstSeen: null,
      lastLogin: null,
    });
  });

  test("its site was asked for nothing", () => {
    expect(door.connections()).toBe(0);
  });
});

describe("when an identity becomes inactive", () => {
  beforeEach(async () => {
    site.reset();
    const name = `ada-${randomUUID().slice(0, 8)}`;
    identity = await addPracticeIdentity(ground.parts, site.url, quickUser, { name });
  });

  test("a run under way goes on, and one that waits behind it does not start", async () => {
    const first = await submit(ground.parts, {
      identityId: identity.id,
      flow: "trial/misbehave",
      input: { how: "wait politely", ms: 1_500 },
    });
    await flowStarted(ground.parts, first);
    const second = await submit(ground.parts, { identityId: identity.id, flow: "trial/look" });
    await make("inactive");
    const [went, waited] = await Promise.all([ended(ground.parts, first), ended(ground.parts, second)]);
    expect(went).toMatchObject({ status: "succeeded" });
    expect(waited.outcome).toMatchObject({ code: "identity_inactive" });
    expect(site.counters.logins).toBe(1);
  });

  test("a run that waits for its turn does not start when it comes", async () => {
    const turn = await hold(sessionLease(identity.id));
    const stages: string[] = [];
    const running = runHere((event) => {
      if (event.type === "stage") stages.push(event.stage);
    });
    await waitedFor(sessionLease(identity.id));
    await make("inactive");
    await turn.release();
    expect(await running).toMatchObject({ status: "failed", code: "identity_inactive" });
    expect(new Set(stages)).toEqual(new Set(["identity"]));
  });

  test("a run that waits to sign in types nothing", async () => {
    const turn = await hold(loginLease(identity.id));
    const running = runHere();
    await waitedFor(loginLease(identity.id));
    await make("inactive");
    await turn.release();
    expect(await running).toMatchObject({ status: "failed", code: "identity_inactive" });
    expect(site.counters).toMatchObject({ logins: 0, passwordSubmits: 0 });
    const { identities } = await ground.parts.store();
    expect(await identities.get("default", identity.id)).toMatchObject({ status: "pending", lastSeen: null });
  });
});
