import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../practice/site.ts";
import type { RunEvent } from "../../src/events.ts";
import type { NewIdentity } from "../../src/identity/identity-input.ts";
import { cancelRun } from "../../src/job/cancel.ts";
import type { JobInput } from "../../src/job/job.ts";
import { type Service, startService } from "../../src/main.ts";
import { Secret } from "../../src/secret.ts";
import { type AnchorCloud, type CloudIdentity, type Odd, startAnchorCloud } from "../support/anchor-cloud.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { signInByHand } from "../support/practice-login.ts";
import {
  type CdpProxy,
  type RemoteChromium,
  startCdpProxy,
  startRemoteChromium,
} from "../support/remote-chromium.ts";
import { ended, flowStarted, quickUser, submit } from "../support/runs.ts";

let cloud: AnchorCloud;
let chromium: RemoteChromium;
let endpoint: CdpProxy;
let site: PracticeSite;
let ground: TestParts;
let service: Service;
const [, ben] = practiceUsers;

beforeAll(async () => {
  cloud = await startAnchorCloud();
  site = await startPracticeSite({ users: [quickUser, ben] });
  chromium = await startRemoteChromium();
  endpoint = await startCdpProxy({ target: chromium.url, refuse: ["Target.createBrowserContext"] });
  ground = await openTestParts({
    settings: {
      LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
      ANCHOR_API_KEY: cloud.apiKey,
      ANCHORBROWSER_BASE_URL: cloud.url,
      LATCHKEY_CDP_URL: endpoint.url,
      LATCHKEY_SPARE_SESSION: "false",
    },
  });
  service = await startService(ground.parts, new Set(["worker"]));
});
afterAll(async () => {
  await service.stop(1_000);
  await ground[Symbol.asyncDispose]();
  await site.close();
  await cloud[Symbol.asyncDispose]();
  await endpoint[Symbol.asyncDispose]();
  await chromium[Symbol.asyncDispose]();
});
beforeEach(() => {
  site.reset();
  cloud.reset();
});
afterEach(leavesNothing);

/** In every case: no session stays at the cloud, and nothing that opens it anywhere here. */
async function leavesNothing(): Promise<void> {
  // What a run that was called off had asked for is ended as soon as it is there.
  await expect.poll(() => cloud.live(), { timeout: 5_000 }).toEqual([]);
  const { database } = await ground.parts.store();
  const { rows } = await sql<{ kept: string }>`
    select coalesce(jsonb_agg(to_jsonb(runs)), '[]')::text || (select coalesce(jsonb_agg(to_jsonb(e)), '[]')::text from run_events e) as kept
    from runs
  `.execute(database.kysely);
  expect(ground.logged() + rows[0]?.kept).not.toContain("CANARY");
}

const staleProfile: Odd = {
  status: 412,
  body: { error: { code: 412, message: "Profile is not authenticated" } },
};

/** Who the cloud signs in by itself. */
function addToCloud(fields: Partial<CloudIdentity> = {}): CloudIdentity {
  return cloud.add({
    name: "Ben in the cloud",
    source: `${site.url}/`,
    signIn: (page) => signInByHand(page, site, ben),
    ...fields,
  });
}

async function addHere(fields: Partial<NewIdentity>) {
  const { identities } = await ground.parts.store();
  const identity = { sourceUrl: `${site.url}/`, credentials: [], name: `here-${randomUUID().slice(0, 8)}` };
  return await identities.create("default", { ...identity, ...fields }, { name: "test" });
}

const bensPassword = {
  type: "username_password" as const,
  username: new Secret(ben.username),
  password: new Secret(ben.password),
};

async function run(job: Partial<JobInput> & { identityId: string }) {
  const events: RunEvent[] = [];
  const runId = await submit(ground.parts, { flow: "trial/look", provider: "anchor", ...job });
  const { outcome, stages } = await ended(ground.parts, runId, (event) => events.push(event));
  const login = stages.find(({ name }) => name === "login")?.detail;
  return { runId, outcome, events, login };
}

const endless = {
  flow: "trial/misbehave",
  input: { how: "wait politely" },
  provider: "anchor",
} as const;

async function cancel(runId: string): Promise<void> {
  const store = await ground.parts.store();
  const { queue } = await ground.parts.queueing();
  await cancelRun({ ...store, queue }, "default", runId);
}

const asked = (route: string) => cloud.requests.filter((one) => one === route).length;
const created = () => asked("POST /v1/sessions");
const renewed = () => asked("POST /v1/identities/:id/reauthenticate");

describe("an identity that the cloud alone has", () => {
  test("needs no record here: its session is signed in there, used, and ended", async () => {
    const { id } = addToCloud({ status: "agent_invalid" });
    const { runId, outcome, login } = await run({ identityId: id });
    expect(outcome).toMatchObject({ status: "succeeded", result: { identity: "Ben in the cloud" } });
    expect(login).toBe("signed in by the provider");
    expect(cloud.sessions).toMatchObject([{ ended: true, tags: [runId, expect.any(String)] }]);
    const { identities, runs } = await ground.parts.store();
    expect((await identities.list("default")).items).toEqual([]);
    expect(await runs.get("default", runId)).toMatchObject({ identityId: id, provider: "anchor" });
  });

  test("holds one session at a time, as any other", async () => {
    const { id } = addToCloud();
    const outcomes = await Promise.all([run({ identityId: id }), run({ identityId: id })]);
    expect(outcomes.map(({ outcome }) => outcome?.status)).toEqual(["succeeded", "succeeded"]);
    const { leases } = await ground.parts.store();
    await using lease = await leases.tryAcquire(`session:${id}`);
    expect(lease).not.toBeNull();
  });

  test("is unknown where the cloud does not know it, to other providers, and to other projects", async () => {
    expect((await run({ identityId: randomUUID() })).outcome).toMatchObject({ code: "unknown_identity" });
    const { id } = addToCloud();
    await expect(run({ identityId: id, provider: "local" })).rejects.toMatchObject({
      code: "unknown_identity",
    });
    const { database } = await ground.parts.store();
    await database.kysely.insertInto("projects").values({ id: "other" }).execute();
    await expect(run({ identityId: id, project: "other" })).rejects.toMatchObject({
      code: "unknown_identity",
    });
    expect(created()).toBe(0);
  });

  test("is signed in by us where the cloud cannot and hands out its credentials, with a code of its own", async () => {
    const period = quickUser.totpPeriodSeconds;
    const { id } = addToCloud({
      stale: staleProfile,
      credentials: [
        { type: "username_password", username: quickUser.username, password: quickUser.password },
        {
          type: "authenticator",
          secret: `otpauth://totp/Larch:ada?secret=${quickUser.totpSecret}&period=${period}`,
          otp: "000000",
        },
      ],
    });
    const { outcome, login } = await run({ identityId: id });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(login).toMatch(/^signed in \(1 password, \d code\)$/);
    expect(cloud.sessions.at(-1)?.body).not.toHaveProperty("identities");
  });

  test("needs a person where there is nothing to sign in with", async () => {
    const { id } = addToCloud({ stale: staleProfile });
    const { outcome } = await run({ identityId: id });
    expect(outcome).toMatchObject({ status: "failed", code: "needs_attention", retryable: false });
    expect([created(), renewed(), cloud.sessions.length]).toEqual([1, 1, 0]);
  });

  test("is not tried with credentials that the cloud says the site refused", async () => {
    const { id } = addToCloud({
      stale: {
        status: 422,
        body: { error: { code: 422, message: "Identity authentication failed: invalid credentials" } },
      },
      credentials: [{ type: "username_password", username: ben.username, password: "wrong" }],
    });
    expect((await run({ identityId: id })).outcome).toMatchObject({ code: "needs_attention" });
    expect([renewed(), asked("GET /v1/identities/:id/credentials")]).toEqual([0, 0]);
    expect(site.counters.passwordSubmits).toBe(0);
  });
});

test("credentials of the cloud's that the site refuses are typed once", async () => {
  const { id } = addToCloud({
    stale: staleProfile,
    credentials: [{ type: "username_password", username: ben.username, password: "no-more" }],
  });
  expect((await run({ identityId: id })).outcome).toMatchObject({ code: "invalid_credentials" });
  expect((await run({ identityId: id })).outcome).toMatchObject({ code: "needs_attention" });
  expect(site.counters.passwordSubmits).toBe(1);
});

describe("credentials that the site refused the cloud when it was asked to sign in anew", () => {
  const bens = { type: "username_password", username: ben.username, password: ben.password };
  const wrong = new Secret("no-more");
  const refused: Record<string, Odd> = {
    "422": {
      status: 422,
      body: { error: { message: "Identity authentication failed: invalid credentials" } },
    },
    "not authenticated": { status: 200, body: { authenticated: false } },
    "another Latchkey": { status: 200, body: { authenticated: false, failure: "invalid_credentials" } },
  };

  test.each(Object.entries(refused))(
    "are typed by nobody again, in this run and the next (%s)",
    async (_how, odd) => {
      const { id } = addToCloud({ stale: staleProfile, credentials: [bens], onReauthenticate: () => odd });
      for (const _run of [1, 2])
        expect((await run({ identityId: id })).outcome).toMatchObject({ code: "needs_attention" });
      expect([renewed(), asked("GET /v1/identities/:id/credentials")]).toEqual([1, 0]);
      expect(site.counters.passwordSubmits).toBe(0);
    },
  );

  test("are typed by nobody again in a session that the site shows not to be signed in", async () => {
    const { id } = addToCloud({
      signIn: async () => {},
      credentials: [bens],
      onReauthenticate: () => refused["not authenticated"],
    });
    expect((await run({ identityId: id })).outcome).toMatchObject({ code: "needs_attention" });
    expect([created(), renewed(), site.counters.passwordSubmits]).toEqual([1, 1, 0]);
  });

  test.each([
    ["the cloud's are the same", { ...bens, username: "ben-by-another-name", password: "no-more" }],
    ["nobody can see whether they are the same", undefined],
  ])("are not typed from our own store where %s", async (_why, theirs) => {
    const { id } = addToCloud({
      stale: staleProfile,
      onReauthenticate: () => refused["422"],
      ...(theirs === undefined ? {} : { credentials: [theirs] }),
    });
    const here = await addHere({
      providerIdentityId: id,
      credentials: [{ ...bensPassword, password: wrong }],
    });
    expect((await run({ identityId: here.name })).outcome).toMatchObject({ code: "needs_attention" });
    expect(site.counters.passwordSubmits).toBe(0);
  });

  test("do not stand in the way of others that are stored here", async () => {
    const { id } = addToCloud({
      stale: staleProfile,
      onReauthenticate: () => refused["422"],
      credentials: [{ ...bens, password: "no-more" }],
    });
    const here = await addHere({ providerIdentityId: id, credentials: [bensPassword] });
    expect(await run({ identityId: here.name })).toMatchObject({ login: "signed in (1 password, 0 code)" });
    expect(site.counters.passwordSubmits).toBe(1);
  });

  test("are not, where the cloud names another reason", async () => {
    const { id } = addToCloud({
      stale: staleProfile,
      credentials: [bens],
      onReauthenticate: () => ({ status: 200, body: { authenticated: false, failure: "captcha" } }),
    });
    expect(await run({ identityId: id })).toMatchObject({ login: "signed in (1 password, 0 code)" });
  });
});

describe("a stale identity", () => {
  test("is signed in anew by the cloud once, and the session asked for again", async () => {
    const { id } = addToCloud({
      stale: staleProfile,
      onReauthenticate: (identity) => {
        delete identity.stale;
        return undefined;
      },
    });
    expect((await run({ identityId: id })).outcome).toMatchObject({ status: "succeeded" });
    expect([created(), renewed(), cloud.sessions.length]).toEqual([2, 1, 1]);
  });

  test("needs a person where that did not help", async () => {
    const { id } = addToCloud({ stale: staleProfile, onReauthenticate: () => undefined });
    expect((await run({ identityId: id })).outcome).toMatchObject({ code: "needs_attention" });
    expect([created(), renewed()]).toEqual([2, 1]);
  });

  test("that the cloud takes for signed in is seen through at the site", async () => {
    const { id } = addToCloud({
      signIn: async () => {},
      onReauthenticate: (identity) => {
        identity.signIn = (page) => signInByHand(page, site, ben);
        return undefined;
      },
    });
    const { outcome, login } = await run({ identityId: id });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(login).toBe("signed in by the provider");
    expect([created(), renewed(), site.counters.logins]).toEqual([2, 1, 1]);
  });

  test("is signed in by us in that very session, where the cloud hands out its credentials", async () => {
    const { id } = addToCloud({
      signIn: async () => {},
      credentials: [{ type: "username_password", username: ben.username, password: ben.password }],
    });
    const { outcome, login } = await run({ identityId: id });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(login).toBe("signed in (1 password, 0 code)");
    expect([created(), site.counters.passwordSubmits]).toEqual([1, 1]);
  });

  test("whose session ends in mid-flow is signed in anew by the cloud, and the flow started over", async () => {
    const { id } = addToCloud({ onReauthenticate: () => undefined });
    let left = 1;
    using _observed = ground.parts.observers.add({
      observe(news) {
        const isFlow =
          news.type === "run_event" && news.event.type === "stage" && news.event.stage === "flow";
        if (isFlow && left-- > 0) site.expireSessions();
      },
    });
    const { outcome } = await run({ identityId: id, flow: "trial/lapse" });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect([created(), renewed(), cloud.sessions.length]).toEqual([2, 1, 2]);
  });
});

describe("an identity that is recorded here too", () => {
  test("is found by either id, held once, and known to be well", async () => {
    const { id } = addToCloud();
    const here = await addHere({ providerIdentityId: id, provider: "anchor" });
    for (const identityId of [here.name, id]) {
      const { outcome } = await run({ identityId });
      expect(outcome).toMatchObject({ status: "succeeded", result: { identity: here.name } });
    }
    const { identities } = await ground.parts.store();
    expect(await identities.get("default", here.id)).toMatchObject({
      status: "validated",
      stateCapturedAt: null,
      health: { state: "healthy", reason: "Its provider signs it in." },
    });
  });

  test("is signed in with its own credentials where the cloud cannot, and its state is kept for the next time", async () => {
    const { id } = addToCloud({ stale: staleProfile });
    const here = await addHere({ providerIdentityId: id, credentials: [bensPassword] });
    expect(await run({ identityId: here.name })).toMatchObject({
      outcome: { status: "succeeded" },
      login: "signed in (1 password, 0 code)",
    });
    expect(await run({ identityId: here.name })).toMatchObject({
      outcome: { status: "succeeded" },
      login: "saved state reused",
    });
    expect(site.counters.passwordSubmits).toBe(1);
  });

  test("that the cloud does not have is signed in by us in a browser of the cloud's", async () => {
    const here = await addHere({ credentials: [bensPassword] });
    expect(await run({ identityId: here.name })).toMatchObject({ login: "signed in (1 password, 0 code)" });
    expect(await run({ identityId: here.name })).toMatchObject({ login: "saved state reused" });
    // One session a run: the state is proved on a second page, not in a second browser that is paid for.
    expect(created()).toBe(2);
    expect(cloud.sessions.every(({ body }) => body["identities"] === undefined)).toBe(true);
  });

  test("needs attention where a person has to sign it in, and its health says so", async () => {
    const { id } = addToCloud({ stale: staleProfile });
    const here = await addHere({ providerIdentityId: id });
    expect((await run({ identityId: here.name })).outcome).toMatchObject({ code: "needs_attention" });
    const { identities } = await ground.parts.store();
    expect(await identities.get("default", here.id)).toMatchObject({
      status: "pending",
      health: { state: "needs_attention", code: "needs_attention" },
    });
  });
});

describe("a run", () => {
  test("that is cancelled ends its session at the cloud", async () => {
    const { id } = addToCloud();
    const runId = await submit(ground.parts, { ...endless, identityId: id });
    await flowStarted(ground.parts, runId);
    expect(cloud.live()).toHaveLength(1);
    await cancel(runId);
    expect((await ended(ground.parts, runId)).outcome).toMatchObject({ code: "cancelled" });
  });

  test("whose deadline passes ends its session at the cloud", async () => {
    const { id } = addToCloud();
    const { outcome } = await run({ ...endless, identityId: id, deadlineMs: 2_500 });
    expect(outcome).toMatchObject({ code: "deadline_exceeded" });
    expect(cloud.sessions).toHaveLength(1);
  });

  test("whose connection is lost is tried again, and leaves no session of either attempt", async () => {
    const { id } = addToCloud();
    const runId = await submit(ground.parts, { ...endless, identityId: id }, { attempts: 2 });
    await flowStarted(ground.parts, runId);
    cloud.cutConnections();
    await expect.poll(() => cloud.sessions.length, { timeout: 10_000 }).toBe(2);
    await expect.poll(() => cloud.live().length, { timeout: 10_000 }).toBe(1);
    await cancel(runId);
    await ended(ground.parts, runId);
  });

  test("is put off for as long as a cloud that is asked too often says", async () => {
    const { id } = addToCloud();
    cloud.next("POST /v1/sessions", { status: 429, headers: { "retry-after": "58" } });
    const job = { flow: "trial/look", provider: "anchor", identityId: id } as const;
    const runId = await submit(ground.parts, job, { attempts: 2 });
    const { queue } = await ground.parts.queueing();
    await expect.poll(async () => (await queue.look(runId)).state, { timeout: 10_000 }).toBe("delayed");
    await cancel(runId);
    const told: RunEvent[] = [];
    const { outcome } = await ended(ground.parts, runId, (event) => told.push(event));
    const retrying = told.find(({ type }) => type === "retrying");
    expect(retrying).toMatchObject({ code: "provider_quota", delayMs: 58_000 });
    expect(outcome).toMatchObject({ code: "cancelled" });
  });
});

describe("an endpoint with one context for everybody", () => {
  test("is chosen by a job, signs in once, and restores the state the next time", async () => {
    const here = await addHere({ credentials: [bensPassword] });
    const job = { identityId: here.name, provider: "cdp" } as const;
    expect(await run(job)).toMatchObject({ login: "signed in (1 password, 0 code)" });
    expect(await run(job)).toMatchObject({ outcome: { status: "succeeded" }, login: "saved state reused" });
    expect([site.counters.passwordSubmits, created()]).toEqual([1, 0]);
  });

  test("is had by one process at a time", async () => {
    const other = ground.another();
    await other.store();
    const [mine, theirs] = await Promise.all([ground.parts.browsers(), other.browsers()]);
    const signal = AbortSignal.timeout(20_000);
    const first = await mine.openSession({ provider: "cdp", signal });
    let isOpen = false;
    const second = theirs.openSession({ provider: "cdp", signal }).then((session) => {
      isOpen = true;
      return session;
    });
    await expect.poll(() => endpoint.connections()).toBe(2);
    await first.page.goto(site.url);
    expect(isOpen).toBe(false);
    await first.close();
    await using session = await second;
    expect(await session.context.cookies()).toEqual([]);
  });
});
