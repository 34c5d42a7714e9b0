import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import type { Application } from "../../../src/identity/applications/applications.ts";
import { makeRecovery } from "../../../src/identity/connect/make-recovery.ts";
import type { Identity, NewCredential } from "../../../src/identity/types.ts";
import { readRunEvents } from "../../../src/job/record/run-events.ts";
import { loginLease, sessionLease } from "../../../src/job/run/claim-identity.ts";
import { type Service, startService } from "../../../src/main.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { startCli } from "../../support/cli.ts";
import { addApplication, makeToken, openVisitor, stateIn, textOf } from "../../support/connect.ts";
import { keptOfIdentity } from "../../support/kept-of-identity.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { codeOf } from "../../support/practice-login.ts";
import { ended, quickUser, submit } from "../../support/runs.ts";

const { username, password, totpSecret } = quickUser;
const oldPassword = "elm-larch-Spruce-7";

let ground: TestParts;
let api: TestApi;
let site: PracticeSite;
let worker: Service;
let application: Application;
beforeAll(async () => {
  [ground, site] = await Promise.all([
    openTestParts({ settings: { LATCHKEY_LEASE_TTL_MS: "2000" } }),
    startPracticeSite({ users: [quickUser] }),
  ]);
  api = await openTestApi(ground.parts);
  worker = await startService(ground.parts, new Set(["worker"]));
  application = await addApplication(ground.parts, { url: `${site.url}/` });
});
afterAll(async () => {
  await worker.stop(0);
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
});
beforeEach(() => site.reset());

const authenticator: NewCredential = {
  type: "authenticator",
  secret: new Secret(`otpauth://totp/Larch:ada?secret=${totpSecret}&period=1`),
};

/** An identity with a password, the site's unless told otherwise. */
async function addIdentity({
  its = password,
  more = [authenticator],
}: {
  its?: string;
  more?: NewCredential[];
} = {}): Promise<Identity> {
  const { identities } = await ground.parts.store();
  const { id } = await identities.create(
    "default",
    {
      sourceUrl: application.url,
      applicationId: application.id,
      credentials: [
        { type: "username_password", username: new Secret(username), password: new Secret(its) },
        ...more,
      ],
    },
    { name: "test" },
  );
  return await identities.get("default", id);
}

const validated = async (identity: Identity) => {
  const run = await ended(
    ground.parts,
    await submit(ground.parts, { identityId: identity.id, flow: "latchkey/validate" }),
  );
  return run.outcome?.status;
};
const kept = async ({ id }: Identity) => keptOfIdentity((await ground.parts.store()).database, id);
const linkFor = async ({ id }: Identity) =>
  openVisitor(api, await makeToken(ground.parts, application.id, { identityId: id }));
const fresh = async ({ id }: Identity) => (await ground.parts.store()).identities.get("default", id);
const halfMadeOf = async ({ id }: Identity) => {
  const { database } = await ground.parts.store();
  return await database.kysely.selectFrom("identities").select("id").where("stands_for", "=", id).execute();
};

test("a wrong password and a cancel leave the identity as it was, and it still signs in", async () => {
  const known = await addIdentity();
  expect(await validated(known)).toBe("succeeded");
  const before = await kept(known);
  const visitor = await linkFor(known);
  await visitor.post("credentials", { username, password: "wrong" });
  const refused = await visitor.until("refused");
  expect(refused.body).toContain(`value="${username}"`);
  expect(await kept(known)).toEqual(before);
  // Cancelled while its worker is at it: what would be left of a worker or server that is killed there, too.
  site.switches.hang = /^\/login\/password/;
  await visitor.post("credentials", { username, password: "wrong" });
  await visitor.until("progress");
  await expect.poll(async () => (await fresh(known)).credentialsVersion).toBe(known.credentialsVersion);
  expect(await kept(known)).toEqual(before);
  await visitor.post("cancel");
  site.switches.hang = false;
  expect(await kept(known)).toEqual(before);
  expect(await halfMadeOf(known)).toEqual([]);
  const look = await submit(ground.parts, {
    identityId: known.id,
    flow: "latchkey/check-health",
    input: { reauthenticate: false },
  });
  expect((await ended(ground.parts, look)).outcome).toMatchObject({ result: { signedIn: true } });
});

test("with the new password it is signed in again, by the authenticator it has", async () => {
  const known = await addIdentity({ its: oldPassword });
  expect(await validated(known)).toBe("failed");
  const failed = await fresh(known);
  expect(failed.status).toBe("failed");
  const visitor = await linkFor(known);
  await visitor.post("credentials", { username, password });
  const done = await visitor.until("done", "refused", "code");
  expect(stateIn(done.body)).toBe("done");
  expect(done.body).toContain(`identityId=${known.id}`);
  const now = await fresh(known);
  expect(now).toMatchObject({
    status: "validated",
    statusReason: null,
    lastLogin: { code: null, handedIn: false },
    health: { state: "healthy" },
    credentialsVersion: failed.credentialsVersion + 1,
    stateCapturedAt: expect.any(Date),
    credentials: [{ type: "username_password" }, { type: "authenticator" }],
  });
  // Its runs were told under its own name, and no other.
  const { runs } = await ground.parts.store();
  const all = await runs.list({ project: "default", identityId: known.id });
  expect(all.map(({ tags }) => tags["from"])).toContain("connect page");
  expect(await validated(now)).toBe("succeeded");
});

test("a recovery link without a way back ends on a page that says so", async () => {
  const known = await addIdentity({ its: oldPassword });
  const { token, code } = await makeRecovery(api.deps, {
    project: "default",
    identityId: known.id,
    withCode: true,
    actor: { name: "test" },
  });
  const visitor = await openVisitor(api, token.reveal());
  await visitor.post("recovery-code", { code: code?.reveal() ?? "" });
  await visitor.post("credentials", { username, password });
  const done = await visitor.until("done", "refused");
  expect(textOf(done.body)).toContain("You can close this window.");
  // Nowhere to go on to, and nobody to tell.
  expect(done.body).not.toMatch(/data-next|http-equiv|href="http/);
  expect(done.body).toContain('data-targets="[]"');
  expect(await fresh(known)).toMatchObject({ status: "validated" });
  const again = await api.app.inject({ url: "/identity/create", query: { token: token.reveal() } });
  expect([again.statusCode, stateIn(again.body)]).toEqual([410, "used"]);
});

test("an authenticator whose codes the site refuses is left aside, and goes once that has helped", async () => {
  const stale: NewCredential = {
    type: "authenticator",
    secret: new Secret("otpauth://totp/Larch:ada?secret=GEZDGNBVGY3TQOJQ&period=1"),
  };
  const known = await addIdentity({ more: [stale] });
  const visitor = await linkFor(known);
  await visitor.post("credentials", { username, password });
  expect(textOf((await visitor.until("refused")).body)).toContain("It did not accept the code.");
  await visitor.post("credentials", { username, password });
  await visitor.until("code");
  expect((await fresh(known)).credentials).toHaveLength(2);
  await visitor.post("code", { code: await codeOf(quickUser) });
  expect(stateIn((await visitor.until("done", "refused")).body)).toBe("done");
  expect((await fresh(known)).credentials).toEqual([{ type: "username_password" }]);
});

test("the sign-in is one of the identity's sessions and logins, and waits for its turn", async () => {
  const known = await addIdentity();
  const { leases, runs } = await ground.parts.store();
  const session = await leases.acquire(sessionLease(known.id));
  const visitor = await linkFor(known);
  await visitor.post("credentials", { username, password });
  const statusOf = async () => (await runs.list({ project: "default", identityId: known.id }))[0]?.status;
  await expect.poll(statusOf).toBe("deferred");
  expect(textOf((await visitor.get()).body)).toContain("Wait until the account is free , under way");
  // Not round in circles meanwhile.
  const puttings = async () => {
    const [run] = await runs.list({ project: "default", identityId: known.id });
    const { database } = await ground.parts.store();
    const events = await readRunEvents(database.kysely, run?.id ?? "");
    return events.filter(({ event }) => event.type === "deferred").length;
  };
  await expect.poll(puttings, { timeout: 10_000 }).toBeGreaterThan(1);
  expect(await puttings()).toBeLessThan(4);
  const login = await leases.acquire(loginLease(known.id));
  await session.release();
  await expect.poll(statusOf, { timeout: 20_000 }).toBe("running");
  expect(site.counters.passwordSubmits).toBe(0);
  await login.release();
  expect(stateIn((await visitor.until("done", "refused", "code")).body)).toBe("done");
});

test("an identity that was removed or changed meanwhile is told as that, and nothing is half done", async () => {
  const [gone, changed] = [await addIdentity(), await addIdentity()];
  const { identities } = await ground.parts.store();
  const [visitor, other] = [await linkFor(gone), await linkFor(changed)];
  await identities.remove("default", gone.id, { name: "test" });
  const end = await visitor.get();
  expect([end.statusCode, stateIn(end.body), textOf(end.body)]).toEqual([
    410,
    "gone",
    expect.stringContaining("no longer here"),
  ]);
  site.switches.delayMs = 100;
  await other.post("credentials", { username, password });
  await other.until("progress");
  await identities.update(
    "default",
    changed.id,
    { credentials: [{ type: "custom", fields: { PIN: new Secret("4711") } }] },
    { name: "test" },
  );
  const before = await kept(changed);
  const told = await other.until("outdated", "done", "refused");
  expect([told.statusCode, stateIn(told.body)]).toEqual([409, "outdated"]);
  expect(await kept(changed)).toEqual(before);
  expect(stateIn((await other.get()).body)).toBe("outdated");
  expect(await halfMadeOf(changed)).toEqual([]);
});

test("with the page closed before the end, it is signed in all the same", async () => {
  const known = await addIdentity({ its: oldPassword });
  const visitor = await linkFor(known);
  await visitor.post("credentials", { username, password });
  const { runs, database } = await ground.parts.store();
  const run = async () => (await runs.list({ project: "default", identityId: known.id }))[0];
  await expect.poll(async () => (await run())?.status, { timeout: 20_000 }).toBe("succeeded");
  expect((await fresh(known)).status).toBe("pending");
  await database.kysely
    .updateTable("runs")
    .set({ ended_at: new Date(Date.now() - 60_000) })
    .where("id", "=", (await run())?.id ?? "")
    .execute();
  await expect.poll(async () => (await fresh(known)).status, { timeout: 10_000 }).toBe("validated");
  expect(await halfMadeOf(known)).toEqual([]);
  expect(stateIn((await visitor.get()).body)).toBe("done");
});

test("one that is switched off while its sign-in waits is given no password", async () => {
  const known = await addIdentity();
  const { leases, runs, identities, database } = await ground.parts.store();
  const login = await leases.acquire(loginLease(known.id));
  const visitor = await linkFor(known);
  await visitor.post("credentials", { username, password });
  const run = async () => (await runs.list({ project: "default", identityId: known.id }))[0];
  const begun = async () => {
    const events = await readRunEvents(database.kysely, (await run())?.id ?? "");
    return events.some(({ event }) => event.type === "stage" && event.stage === "login");
  };
  await expect.poll(async () => (await run())?.status).toBe("running");
  await expect.poll(begun, { timeout: 20_000 }).toBe(true);
  await identities.update("default", known.id, { state: "inactive" }, { name: "test" });
  await login.release();
  await expect
    .poll(async () => (await run())?.outcome, { timeout: 20_000 })
    .toMatchObject({ code: "identity_inactive" });
  expect(site.counters.passwordSubmits).toBe(0);
  expect(stateIn((await visitor.get()).body)).toBe("inactive");
  expect(await halfMadeOf(known)).toEqual([]);
});

test("a worker that is killed half-way leaves the identity as it was, and another goes on", {
  timeout: 60_000,
}, async () => {
  await worker.stop(0);
  const known = await addIdentity({ its: oldPassword });
  const before = await kept(known);
  const visitor = await linkFor(known);
  site.switches.hang = /^\/login\/password/;
  {
    await using doomed = startCli(["worker"], ground.environment);
    await doomed.says("latchkey is up");
    await visitor.post("credentials", { username, password });
    // It has sent the username, and is about to send the password.
    await expect
      .poll(async () => (await visitor.get()).body, { timeout: 20_000 })
      .toMatch(/<li class="now"[^>]*>.{0,80}Give it/s);
    doomed.child.kill("SIGKILL");
    await doomed.ended();
  }
  expect(await kept(known)).toEqual(before);
  expect(stateIn((await visitor.get()).body)).toBe("progress");
  site.switches.hang = false;
  worker = await startService(ground.parts, new Set(["worker"]));
  expect(stateIn((await visitor.until("done", "refused")).body)).toBe("done");
  expect(await fresh(known)).toMatchObject({ status: "validated" });
});
