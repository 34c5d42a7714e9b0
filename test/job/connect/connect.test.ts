import { setTimeout as after } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "../../../src/database/open.ts";
import type { RunEvent } from "../../../src/events.ts";
import { toFailure } from "../../../src/failure.ts";
import type { Application } from "../../../src/identity/applications/applications.ts";
import type { ConnectVisit } from "../../../src/identity/connect/connect-visits.ts";
import type { Identity, NewCredential } from "../../../src/identity/types.ts";
import { retryRun } from "../../../src/job/retry-run.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { addApplication, makeToken, sweepOf } from "../../support/connect.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

// No worker is there: what one writes of a run is written here, at the moment it matters.
const actor = { name: "test" };
const passwordOf = (password: string): NewCredential => ({
  type: "username_password",
  username: new Secret("ada"),
  password: new Secret(password),
});
const keyOf = (secret: string): NewCredential => ({ type: "authenticator", secret: new Secret(secret) });
const stored = "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR";
const keys = ["JBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQ"] as const;

let ground: TestParts;
let api: TestApi;
let application: Application;
let database: Database;
let known: Identity;
beforeAll(async () => {
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
  application = await addApplication(ground.parts, { url: "https://shop.example/" });
  ({ database } = await ground.parts.store());
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const { identities } = await ground.parts.store();
  known = await identities.create(
    "default",
    { applicationId: application.id, credentials: [passwordOf("old"), keyOf(stored)] },
    actor,
  );
});

const site = { url: "https://shop.example/", flowId: null };

/** Reads a new visit anew each time, as each request does. */
async function newVisit(identityId?: string): Promise<() => Promise<ConnectVisit>> {
  const { connectTokens } = await ground.parts.store();
  const { visits } = api.deps.connectPage;
  const text = await makeToken(ground.parts, application.id, identityId === undefined ? {} : { identityId });
  const token = await connectTokens.look(text);
  if (token === undefined) throw new Error("no token");
  const { id, secret } = await visits.begin(token, { mode: "redirect", userName: null, locale: null });
  return async () => {
    const visit = await visits.find(id, secret.reveal());
    if (visit === undefined) throw new Error("no visit");
    return visit;
  };
}

const runOf = ({ runId }: ConnectVisit) => runId ?? "";
const tell = (runId: string, event: RunEvent) =>
  database.kysely
    .insertInto("run_events")
    .values({ run_id: runId, event: JSON.stringify(event) })
    .execute();
const end = (runId: string, outcome: object, status: "succeeded" | "failed") =>
  database.kysely
    .updateTable("runs")
    .set({ status, outcome: JSON.stringify({ status, ...outcome }), ended_at: new Date() })
    .where("id", "=", runId)
    .execute();
const refuse = (runId: string, code: string) =>
  end(runId, { code, message: "Refused.", retryable: false, evidence: {} }, "failed");
const own = async ({ id }: ConnectVisit) =>
  (await database.kysely.selectFrom("identities").selectAll().where("visit_id", "=", id).execute()).at(0);
const revealed = async (id = "") => {
  const { identities } = await ground.parts.store();
  return await identities.revealCredentials(id, actor);
};
const codesOf = (ends: PromiseSettledResult<unknown>[]): string[] =>
  ends.map((each) => (each.status === "fulfilled" ? "done" : toFailure(each.reason).code));

test("a form that is sent twice makes one run, which has what came with it", async () => {
  const { connect } = api.deps.connectPage;
  for (const identityId of [undefined, known.id])
    for (let apartMs = 0; apartMs < 24; apartMs += 3) {
      const visit = await newVisit(identityId);
      const ends = await Promise.allSettled(
        ["one", "two"].map(async (password, index) => {
          await after(index * apartMs);
          await connect.signIn(await visit(), site, [passwordOf(password)]);
        }),
      );
      expect(codesOf(ends).toSorted()).toEqual(["conflict", "done"]);
      const given = ends[0]?.status === "fulfilled" ? "one" : "two";
      const { usernamePassword } = await revealed((await own(await visit()))?.id);
      expect(usernamePassword?.password?.reveal()).toBe(given);
      const runs = await database.kysely
        .selectFrom("runs")
        .select(["id", "visit_id"])
        .where("visit_id", "=", (await visit()).id)
        .execute();
      expect(runs).toEqual([{ id: (await visit()).runId, visit_id: (await visit()).id }]);
      expect((await visit()).token.attempts).toBe(1);
    }
});

test("a run that is on its way is under way; one that never came is forgotten", async () => {
  const { connect, visits } = api.deps.connectPage;
  const visit = await newVisit(known.id);
  expect(await visits.nextRun(await visit(), crypto.randomUUID())).toBe(true);
  expect((await connect.stateOf(await visit())).name).toBe("progress");
  await expect(connect.signIn(await visit(), site, [passwordOf("new")])).rejects.toMatchObject({
    code: "conflict",
  });
  await database.kysely
    .updateTable("connect_visits")
    .set({ run_at: new Date(Date.now() - 60_000) })
    .where("id", "=", (await visit()).id)
    .execute();
  expect((await connect.stateOf(await visit())).name).toBe("open");
  await connect.signIn(await visit(), site, [passwordOf("new")]);
  expect((await connect.stateOf(await visit())).name).toBe("progress");
});

test("of two set-up keys at once one is used, and its run has it", async () => {
  const { connect } = api.deps.connectPage;
  for (let apartMs = 0; apartMs < 4; apartMs += 1) {
    const visit = await newVisit();
    await connect.signIn(await visit(), site, [passwordOf("new")]);
    const first = runOf(await visit());
    await database.kysely
      .updateTable("runs")
      .set({ status: "waiting_for_code", worker: "a worker" })
      .where("id", "=", first)
      .execute();
    await tell(first, {
      type: "waiting_for_code",
      channel: "unknown",
      expects: "code",
      until: new Date(Date.now() + 60_000).toISOString(),
    });
    const asked = await visit();
    const both = Promise.allSettled(
      keys.map(async (key, index) => {
        await after(index * apartMs);
        await connect.useKey(asked, keyOf(key));
      }),
    );
    const cancelled = () =>
      database.kysely.selectFrom("runs").select("cancel_requested_at").where("id", "=", first).execute();
    await expect.poll(cancelled).toEqual([{ cancel_requested_at: expect.any(Date) }]);
    await refuse(first, "cancelled");
    const ends = await both;
    expect(codesOf(ends).toSorted()).toEqual(["conflict", "done"]);
    const used = keys[ends.findIndex(({ status }) => status === "fulfilled")];
    expect((await revealed((await own(await visit()))?.id)).authenticator?.secret.reveal()).toBe(used);
    expect((await visit()).token.attempts).toBe(2);
  }
});

test("an authenticator is left aside where the code that was refused was its own", async () => {
  const { connect } = api.deps.connectPage;
  const cases = [
    ["out_of_band", stored],
    ["authenticator", undefined],
  ] as const;
  for (const [codeOf, left] of cases) {
    const visit = await newVisit(known.id);
    await connect.signIn(await visit(), site, [passwordOf("new")]);
    const run = runOf(await visit());
    const submits = { password: 1, code: 1 };
    await tell(run, { type: "login", result: "invalid_one_time_code", submits, codeOf });
    await refuse(run, "invalid_one_time_code");
    await connect.signIn(await visit(), site, [passwordOf("new")]);
    expect((await revealed((await own(await visit()))?.id)).authenticator?.secret.reveal()).toBe(left);
  }
});

test("a sign-in that succeeded counts, also where its page was closed before", async () => {
  const { connect } = api.deps.connectPage;
  const { identities } = await ground.parts.store();
  const sweep = await sweepOf(ground.parts, api);
  const [proved, failed] = [await newVisit(known.id), await newVisit()];
  for (const visit of [proved, failed]) await connect.signIn(await visit(), site, [passwordOf("new")]);
  await identities.setStatus((await own(await proved()))?.id ?? "", "validated", null);
  const submits = { password: 1, code: 0 };
  await tell(runOf(await proved()), { type: "login", result: "signed_in", submits });
  await end(runOf(await proved()), { result: {} }, "succeeded");
  await refuse(runOf(await failed()), "invalid_credentials");
  const long = new Date(Date.now() - 31 * 60_000);
  await database.kysely.updateTable("runs").set({ ended_at: long }).execute();
  await database.kysely.updateTable("connect_visits").set({ updated_at: long }).execute();
  await Promise.all([sweep(), sweep()]);
  expect((await proved()).result).toBe("success");
  expect(await identities.get("default", known.id)).toMatchObject({ status: "validated" });
  expect((await revealed(known.id)).usernamePassword?.password?.reveal()).toBe("new");
  expect(await connect.stateOf(await proved())).toEqual({ name: "done", identityId: known.id });
  expect([(await failed()).result, await own(await failed())]).toEqual([null, undefined]);
});

test("a link to an identity that was moved to another application leads nowhere", async () => {
  const { connect } = api.deps.connectPage;
  const { identities } = await ground.parts.store();
  const other = await addApplication(ground.parts, { url: "https://other.example/" });
  const visit = await newVisit(known.id);
  await identities.update("default", known.id, { applicationId: other.id }, actor);
  expect(await connect.stateOf(await visit())).toEqual({ name: "moved" });
  await expect(connect.signIn(await visit(), site, [passwordOf("new")])).rejects.toMatchObject({
    code: "conflict",
  });
  const text = await makeToken(ground.parts, other.id, { identityId: known.id });
  await identities.update("default", known.id, { applicationId: application.id }, actor);
  const opened = await api.app.inject({ url: "/identity/create", query: { token: text } });
  const [given] = opened.cookies;
  const page = await api.app.inject({
    url: String(opened.headers.location),
    headers: { cookie: `${given?.name}=${given?.value}` },
  });
  expect(page.statusCode).toBe(409);
  expect(page.body).toContain("This link leads to this account no more");
  expect(page.body).not.toContain("shop.example");
});

test("a visitor's run is nobody else's to repeat", async () => {
  const { connect } = api.deps.connectPage;
  const { runs } = await ground.parts.store();
  const visit = await newVisit(known.id);
  await connect.signIn(await visit(), site, [passwordOf("wrong")]);
  const runId = runOf(await visit());
  await refuse(runId, "invalid_credentials");
  await expect(
    retryRun({ runs, submitter: api.deps.submitter }, { project: "default", runId }),
  ).rejects.toMatchObject({ code: "conflict" });
});
