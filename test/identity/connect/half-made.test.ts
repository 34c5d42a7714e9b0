import { generateKeyPairSync, randomUUID } from "node:crypto";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApplications } from "../../../src/identity/applications/applications.ts";
import { createConnectTokens } from "../../../src/identity/connect/connect-tokens.ts";
import {
  type ConnectVisit,
  type ConnectVisits,
  createConnectVisits,
} from "../../../src/identity/connect/connect-visits.ts";
import {
  createHalfMadeIdentities,
  type HalfMadeIdentities,
} from "../../../src/identity/connect/half-made.ts";
import { passkeyOf } from "../../../src/identity/credentials/passkey-of.ts";
import { countSavedStates, listSavedStates } from "../../../src/identity/states/list-saved-states.ts";
import type { Identity, NewCredential, SavedState } from "../../../src/identity/types.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestIdentities, type TestIdentities } from "../../support/identities.ts";
import { keptOfIdentity } from "../../support/kept-of-identity.ts";

const actor = { name: "test" };
const sourceUrl = "https://shop.example/";
const totp = "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR";
const passwordOf = (password: string): NewCredential => ({
  type: "username_password",
  username: new Secret("ada"),
  password: new Secret(password),
});
const stateWith = (name: string): SavedState => ({ cookies: [{ name }], origins: [], sessionStorage: {} });

let open: TestIdentities;
let tokens: ReturnType<typeof createConnectTokens>;
let visits: ConnectVisits;
let halfMade: HalfMadeIdentities;
let applicationId: string;
let known: Identity;
beforeAll(async () => {
  open = await openTestIdentities();
  const { database } = open.db;
  tokens = createConnectTokens({ db: database, keyring: open.keyring });
  visits = createConnectVisits({ db: database, tokens });
  halfMade = createHalfMadeIdentities({
    db: database,
    keyring: open.keyring,
    log: pino({ level: "silent" }),
  });
  ({ id: applicationId } = await createApplications({ db: database }).create(
    "default",
    { name: "shop", url: sourceUrl },
    actor,
  ));
});
afterAll(() => open[Symbol.asyncDispose]());
beforeEach(async () => {
  known = await open.identities.create(
    "default",
    {
      sourceUrl: "https://shop.example/account",
      applicationId,
      maxSessions: 2,
      credentials: [
        passwordOf("old"),
        { type: "authenticator", secret: new Secret(totp) },
        { type: "custom", fields: { PIN: new Secret("4711") } },
      ],
    },
    actor,
  );
  await saveState(known.id, "old");
});

async function saveState(id: string, cookie: string) {
  await using lease = await open.leases.acquire(id);
  await open.identities.saveState(id, stateWith(cookie), lease.fence);
}

async function newVisit(identityId?: string): Promise<ConnectVisit> {
  const { token } = await tokens.make({
    project: "default",
    applicationId,
    callbackUrl: "https://app.example/",
    ...(identityId === undefined ? {} : { identityId }),
    actor,
  });
  const found = await tokens.look(token.reveal());
  if (found === undefined) throw new Error("no token");
  const { id, secret } = await visits.begin(found, { mode: "redirect", userName: "Ada’s", locale: null });
  const visit = await visits.find(id, secret.reveal());
  if (visit === undefined) throw new Error("no visit");
  return visit;
}

/** A try with a run of its own, as the connect page makes it. */
async function put(
  visit: ConnectVisit,
  credentials: NewCredential[],
  more: { without?: ["authenticator"]; lends?: boolean } = {},
) {
  const runId = await nextRun(visit);
  return await halfMade.put({ visit, runId, sourceUrl, flowId: null, credentials, lends: true, ...more });
}

async function nextRun(visit: ConnectVisit): Promise<string> {
  const runId = randomUUID();
  expect(await visits.nextRun(visit, runId)).toBe(true);
  visit.runId = runId;
  return runId;
}

/** As the login of the visit's run leaves it. */
const loggedIn = ({ id }: ConnectVisit) =>
  open.db.database.kysely
    .updateTable("identities")
    .set({ status: "validated" })
    .where("visit_id", "=", id)
    .execute();
async function finish(visit: ConnectVisit) {
  await loggedIn(visit);
  return await halfMade.finish(visit, { isPasswordProved: true });
}

const kept = (id = known.id) => keptOfIdentity(open.db.database, id);
const reveal = (id: string) => open.identities.revealCredentials(id, actor);
const rowsOfVisit = async ({ id }: ConnectVisit) =>
  (await open.db.database.kysely.selectFrom("identities").select("id").where("visit_id", "=", id).execute())
    .length;

describe("a half-made identity", () => {
  test("is nowhere to be found but by its visit's run", async () => {
    const visit = await newVisit();
    const { id, runAs } = await put(visit, [passwordOf("new")]);
    expect(runAs).toBe(id);
    const { identities } = open;
    const { database } = open.db;
    for (const by of [id, "Ada’s"])
      await expect(identities.get("default", by)).rejects.toMatchObject({ code: "unknown_identity" });
    expect((await identities.list("default")).items.map((each) => each.id)).not.toContain(id);
    expect((await identities.ofApplication("default", applicationId)).map((each) => each.id)).not.toContain(
      id,
    );
    const listed = (await identities.list("default")).items.length;
    expect(await identities.count("default")).toBe(listed);
    expect((await identities.page("default", { limit: 100 })).items).toHaveLength(listed);
    const pool = await identities.ofPool("default", {
      applicationId,
      field: "id",
      direction: "asc",
      offset: 0,
      limit: 100,
    });
    expect([pool.total, pool.items.map((each) => each.id).includes(id)]).toEqual([
      (await identities.ofApplication("default", applicationId)).length,
      false,
    ]);
    const [overview] = await createApplications({ db: database }).overview("default", { id: applicationId });
    expect(overview?.identityCount).toBe((await identities.ofApplication("default", applicationId)).length);
    await expect(identities.update("default", id, { maxSessions: 3 }, actor)).rejects.toThrow("no identity");
    await expect(identities.remove("default", id, actor)).rejects.toThrow("no identity");
    await expect(identities.getForRun("default", id, randomUUID())).rejects.toThrow("no identity");
    await saveState(id, "new");
    expect(await listSavedStates(database.kysely, { project: "default", identityId: id, limit: 1 })).toEqual(
      [],
    );
    expect(await countSavedStates(database.kysely, { project: "default", identityId: id })).toBe(0);
    const runId = await nextRun(visit);
    expect(await identities.getForRun("default", id, runId)).toMatchObject({ id, standsFor: null });
    await expect(identities.getForRun("default", known.id, runId)).rejects.toThrow("no identity");
    await expect(identities.getForRun("other", id, runId)).rejects.toThrow("no identity");
  });

  test("counts once it is proved, by the name that its visitor gave", async () => {
    const visit = await newVisit();
    const { id } = await put(visit, [passwordOf("wrong")]);
    expect(await put(visit, [passwordOf("new")])).toEqual({ id, runAs: id });
    expect(await finish(visit)).toEqual({ end: "done", identityId: id });
    expect(await open.identities.get("default", "Ada’s")).toMatchObject({
      id,
      status: "validated",
      sourceUrl,
    });
    expect((await reveal(id)).usernamePassword?.password?.reveal()).toBe("new");
    expect((await open.identities.audit("default", id)).map(({ action }) => action)).toContain(
      "identity.created",
    );
    // Told again, to whoever asks again.
    expect(await finish(visit)).toEqual({ end: "done", identityId: id });
  });

  test("goes with its visit, its application and the identity that it stands for", async () => {
    const visit = await newVisit(known.id);
    await put(visit, [passwordOf("new")]);
    await open.identities.remove("default", known.id, actor);
    expect(await rowsOfVisit(visit)).toBe(0);
    const applications = createApplications({ db: open.db.database });
    const other = await applications.create("default", { name: "other", url: sourceUrl }, actor);
    const before = applicationId;
    applicationId = other.id;
    const abandoned = await newVisit();
    await put(abandoned, [passwordOf("new")]);
    applicationId = before;
    await applications.remove("default", other.id, actor);
    expect(await rowsOfVisit(abandoned)).toBe(0);
  });
});

describe("an identity that is signed in again", () => {
  test("stays as it is until the proof, and whatever is tried", async () => {
    const before = await kept();
    const visit = await newVisit(known.id);
    const { id, runAs } = await put(visit, [passwordOf("new")]);
    expect(runAs).toBe(known.id);
    await saveState(id, "new");
    await open.identities.setStatus(id, "failed", "invalid_credentials");
    expect(await kept()).toEqual(before);
    const runId = await nextRun(visit);
    const { identities } = open;
    expect(await identities.getForRun("default", known.id, runId)).toMatchObject({
      id,
      standsFor: known.id,
      sourceUrl: "https://shop.example/account",
      maxSessions: 2,
    });
    expect(await identities.getForRun("default", known.id, randomUUID())).toMatchObject({ id: known.id });
    await halfMade.remove(visit);
    // Never in its place: it was not asked to sign in.
    await expect(identities.getForRun("default", known.id, runId)).rejects.toThrow("no identity");
    expect(await kept()).toEqual(before);
  });

  test("lends what the site may ask for, and has its codes used once", async () => {
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [passwordOf("new")]);
    const lent = await reveal(id);
    expect(lent.usernamePassword?.password?.reveal()).toBe("new");
    expect(lent.authenticator?.secret.reveal()).toBe(totp);
    expect(lent.custom?.["PIN"]?.reveal()).toBe("4711");
    expect((await open.identities.audit("default", known.id))[0]).toMatchObject({
      action: "credentials.revealed",
      actor: `connect:${visit.id}`,
    });
    expect(await open.identities.claimTimeStep(id, 1_000n)).toBe(true);
    expect(await open.identities.claimTimeStep(known.id, 1_000n)).toBe(false);
    expect(await open.identities.lastTimeStep(id)).toBe(1_000n);
    await put(visit, [passwordOf("new")], { without: ["authenticator"] });
    expect((await reveal(id)).authenticator).toBeUndefined();
    await put(visit, [], { lends: false });
    expect(await reveal(id)).toEqual({});
  });

  test("hears of what its passkey signed, whatever comes of the visit", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const passkey = passkeyOf({
      rpId: "shop.example",
      id: "c3VwcG9zZWRseQ",
      userHandle: "YWRh",
      privateKey: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64url"),
      signCount: 3,
    });
    const credentials = [{ type: "passkey" as const, ...passkey }];
    await open.identities.update("default", known.id, { credentials }, actor);
    const visit = await newVisit(known.id);
    // It would sign in without a look at the password: nothing would be proved of that.
    const { id } = await put(visit, [passwordOf("new")]);
    expect((await reveal(id)).passkey).toBeUndefined();
    await put(visit, [{ type: "authenticator", secret: new Secret(totp) }]);
    const { credentialsVersion } = await open.identities.get("default", known.id);
    expect(await open.identities.savePasskeyCounter(id, 7)).toBe(true);
    expect((await reveal(known.id)).passkey?.signCount).toBe(7);
    await halfMade.remove(visit);
    expect((await open.identities.get("default", known.id)).credentialsVersion).toBe(credentialsVersion);
  });

  test("has what was given, sealed for it, and the state of the proof, once that is through", async () => {
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [passwordOf("new")]);
    await saveState(id, "new");
    await open.identities.noteLogin(id, { code: null, handedIn: true }, 1);
    const version = (await open.identities.loadState(known.id))?.version ?? 0n;
    expect(await finish(visit)).toEqual({ end: "done", identityId: known.id });
    const now = await open.identities.get("default", known.id);
    expect(now).toMatchObject({
      status: "validated",
      statusReason: null,
      credentialsVersion: known.credentialsVersion + 1,
      lastLogin: { code: null, handedIn: true },
      name: known.name,
    });
    const revealed = await reveal(known.id);
    expect(revealed.usernamePassword?.password?.reveal()).toBe("new");
    expect(revealed.authenticator?.secret.reveal()).toBe(totp);
    expect(revealed.custom?.["PIN"]?.reveal()).toBe("4711");
    const state = await open.identities.loadState(known.id);
    expect(state?.state).toEqual(stateWith("new"));
    expect(state?.version).toBeGreaterThan(version);
    expect(await rowsOfVisit(visit)).toBe(0);
    expect((await open.identities.audit("default", known.id)).map(({ action }) => action)).toContain(
      "credentials.replaced",
    );
  });

  test("loses an authenticator that the proof had to leave aside, and gets one that was given", async () => {
    const visit = await newVisit(known.id);
    await put(visit, [passwordOf("new")], { without: ["authenticator"] });
    const second = await newVisit(known.id);
    await finish(visit);
    expect((await reveal(known.id)).authenticator).toBeUndefined();
    await put(second, [passwordOf("new")]);
    await halfMade.add(second, await nextRun(second), {
      type: "authenticator",
      secret: new Secret("GEZDGNBVGY3TQOJQ"),
    });
    await finish(second);
    expect((await reveal(known.id)).authenticator?.secret.reveal()).toBe("GEZDGNBVGY3TQOJQ");
  });

  test("goes on taking its username from its traits, where it did", async () => {
    const withTrait = async (credentials: NewCredential[], username: string) => {
      const { id } = await open.identities.create(
        "default",
        { applicationId, traits: { username: "ada" }, credentials },
        actor,
      );
      const visit = await newVisit(id);
      const given = { ...passwordOf("new"), username: new Secret(username) } as NewCredential;
      const { id: own } = await put(visit, [given]);
      expect((await reveal(own)).usernamePassword?.username.reveal()).toBe(username);
      await finish(visit);
      await open.identities.update("default", id, { traits: { username: "lovelace" } }, actor);
      const { username: now, password } = (await reveal(id)).usernamePassword ?? {};
      expect(password?.reveal()).toBe("new");
      await open.identities.remove("default", id, actor);
      return now?.reveal();
    };
    const ofTrait: NewCredential = { type: "username_password", password: new Secret("old") };
    expect(await withTrait([ofTrait], "ada")).toBe("lovelace");
    expect(await withTrait([], "ada")).toBe("lovelace");
    expect(await withTrait([ofTrait], "eve")).toBe("eve");
    expect(await withTrait([passwordOf("old")], "ada")).toBe("ada");
  });

  test("keeps what another service knows it by, but for the hash of a password that was replaced", async () => {
    const { id } = await open.identities.create(
      "default",
      {
        applicationId,
        credentials: [
          { type: "password_hash", kept: new Secret(JSON.stringify("$2a$10$x")) },
          { type: "backup_codes", kept: new Secret("[]") },
        ],
      },
      actor,
    );
    const visit = await newVisit(id);
    const { id: own } = await put(visit, [passwordOf("new")]);
    expect(Object.keys(await reveal(own))).toEqual(["usernamePassword"]);
    await finish(visit);
    const { credentials } = await open.identities.get("default", id);
    expect(credentials.map(({ type }) => type).toSorted()).toEqual(["backup_codes", "username_password"]);
  });

  test("keeps all credentials where somebody signed in by hand", async () => {
    const before = await reveal(known.id);
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [], { lends: false });
    await saveState(id, "by hand");
    await finish(visit);
    expect(await reveal(known.id)).toEqual(before);
    expect((await open.identities.loadState(known.id))?.state).toEqual(stateWith("by hand"));
  });

  test("is not touched where it was changed meanwhile, or removed", async () => {
    const visit = await newVisit(known.id);
    await put(visit, [passwordOf("new")]);
    await open.identities.update("default", known.id, { credentials: [passwordOf("other")] }, actor);
    const before = await kept();
    expect(await finish(visit)).toEqual({ end: "outdated" });
    expect(await kept()).toEqual(before);
    expect((await tokens.get(visit.token.id))?.state).toBe("good");
    await put(visit, [passwordOf("new")]);
    await open.identities.remove("default", known.id, actor);
    expect(await finish(visit)).toEqual({ end: "outdated" });
    expect((await tokens.get(visit.token.id))?.state).toBe("good");
    await expect(put(visit, [passwordOf("new")])).rejects.toMatchObject({ code: "conflict" });
  });

  test("of visits that end at once it takes one whole, by one token or by several", async () => {
    for (const count of [1, 4]) {
      const all = await Promise.all(Array.from({ length: count }, () => newVisit(known.id)));
      for (const [index, visit] of all.entries()) {
        const { id } = await put(visit, [passwordOf(`new ${index}`)]);
        await saveState(id, `new ${index}`);
      }
      await Promise.all(all.map(loggedIn));
      const ends = await Promise.all(
        [...all, ...all].map((visit) => halfMade.finish(visit, { isPasswordProved: true })),
      );
      const winner = ends.findIndex(({ end }) => end === "done") % count;
      expect(new Set(ends.map(({ end }, index) => (index % count === winner ? end : `not ${end}`)))).toEqual(
        new Set(count === 1 ? ["done"] : ["done", "not outdated"]),
      );
      expect((await reveal(known.id)).usernamePassword?.password?.reveal()).toBe(`new ${winner}`);
      expect((await open.identities.loadState(known.id))?.state).toEqual(stateWith(`new ${winner}`));
    }
  });

  test("is handed what the visit's run has proved, and nothing else", async () => {
    const before = await kept();
    const never = await newVisit(known.id);
    await put(never, [passwordOf("never tried")]);
    expect(await halfMade.finish(never, { isPasswordProved: true })).toEqual({ end: "outdated" });
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [passwordOf("new")]);
    const proving = { ...visit };
    await loggedIn(visit);
    // Given after the proof: another run is to prove it.
    await halfMade.add(visit, await nextRun(visit), {
      type: "authenticator",
      secret: new Secret("GEZDGNBVGY3TQOJQ"),
    });
    expect(await halfMade.finish(visit, { isPasswordProved: true })).toEqual({ end: "outdated" });
    await loggedIn(visit);
    expect(await halfMade.finish(proving, { isPasswordProved: true })).toEqual({ end: "outdated" });
    // As its application does when it has another URL.
    await open.db.database.kysely
      .updateTable("identities")
      .set({ credentials_version: sql<number>`credentials_version + 1` })
      .where("id", "=", id)
      .execute();
    expect(await halfMade.finish(visit, { isPasswordProved: true })).toEqual({ end: "outdated" });
    expect(await kept()).toEqual(before);
    expect((await tokens.get(visit.token.id))?.state).toBe("good");
  });

  test("of tries at once it is given the one whose run is the visit's, whole", async () => {
    for (const identityId of [undefined, known.id]) {
      const visit = await newVisit(identityId);
      const runs: string[] = [];
      for (let count = 0; count < 4; count += 1) runs.push(await nextRun(visit));
      const tryWith = (runId: string) =>
        halfMade.put({
          visit,
          runId,
          sourceUrl,
          flowId: null,
          credentials: [passwordOf(runId)],
          lends: true,
        });
      const ends = await Promise.allSettled([...runs, ...runs].map(tryWith));
      expect(ends.map((end) => (end.status === "fulfilled" ? "put" : end.reason.code))).toEqual(
        [...runs, ...runs].map((runId) => (runId === visit.runId ? "put" : "conflict")),
      );
      const [own] = await open.db.database.kysely
        .selectFrom("identities")
        .select("id")
        .where("visit_id", "=", visit.id)
        .execute();
      expect((await reveal(own?.id ?? "")).usernamePassword?.password?.reveal()).toBe(visit.runId);
      await visits.cancel(visit.id);
      await expect(tryWith(visit.runId ?? "")).rejects.toMatchObject({ code: "conflict" });
    }
  });

  test("is not signed in to by a run of the visit that is its run no more", async () => {
    const visit = await newVisit(known.id);
    await put(visit, [passwordOf("old")]);
    const { identities, db } = open;
    const stale = visit.runId ?? "";
    await db.database.kysely
      .insertInto("runs")
      .values({
        id: stale,
        job_id: stale,
        project: "default",
        flow: "latchkey/validate",
        identity_id: known.id,
        tags: "{}",
        trace: false,
        status: "queued",
        max_attempts: 1,
        stages: "[]",
        artifacts: "[]",
        visit_id: visit.id,
      })
      .execute();
    expect(await identities.getForRun("default", known.id, stale)).toMatchObject({ standsFor: known.id });
    await put(visit, [passwordOf("new")]);
    await expect(identities.getForRun("default", known.id, stale)).rejects.toThrow("no identity");
    // Nor once the visit is forgotten.
    await sql`delete from connect_visits where id = ${visit.id}`.execute(db.database.kysely);
    await expect(identities.getForRun("default", known.id, stale)).rejects.toThrow("no identity");
  });

  test("is inactive for the visit's run too, once it is switched off", async () => {
    const visit = await newVisit(known.id);
    await put(visit, [passwordOf("new")]);
    await open.identities.update("default", known.id, { state: "inactive" }, actor);
    expect(await open.identities.getForRun("default", known.id, visit.runId ?? "")).toMatchObject({
      state: "inactive",
      standsFor: known.id,
    });
  });

  test("is signed in to for its own application alone", async () => {
    const applications = createApplications({ db: open.db.database });
    const url = "https://other.example/";
    const other = await applications.create("default", { name: "moved to", url }, actor);
    const visit = await newVisit(known.id);
    await put(visit, [passwordOf("new")]);
    await open.identities.update("default", known.id, { applicationId: other.id }, actor);
    const before = await kept();
    expect(await finish(visit)).toEqual({ end: "outdated" });
    expect(await kept()).toEqual(before);
    await expect(put(visit, [passwordOf("new")])).rejects.toMatchObject({ code: "conflict" });
    const free = await open.identities.create("default", { sourceUrl, credentials: [] }, actor);
    const its = await newVisit(free.id);
    const { id } = await put(its, [passwordOf("new")]);
    const of = (each: string) =>
      open.db.database.kysely
        .selectFrom("identities")
        .select(["application_id", "source_url"])
        .where("id", "=", each)
        .executeTakeFirst();
    expect(await of(id)).toEqual(await of(free.id));
    await open.identities.update("default", free.id, { applicationId }, actor);
    await put(its, [passwordOf("new")]);
    expect(await of(id)).toEqual({ application_id: applicationId, source_url: sourceUrl });
  });

  test("has no say in a later try with the authenticator that was refused, but in one of another visit", async () => {
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [passwordOf("new")], { without: ["authenticator"] });
    // Refused for the password this time.
    await put(visit, [passwordOf("newer")]);
    expect((await reveal(id)).authenticator).toBeUndefined();
    const given: NewCredential = { type: "authenticator", secret: new Secret("GEZDGNBVGY3TQOJQ") };
    const other = await newVisit(known.id);
    const { id: own } = await put(other, [passwordOf("new"), given]);
    // What was refused is what the visitor had given.
    await put(other, [passwordOf("new")], { without: ["authenticator"] });
    expect((await reveal(own)).authenticator?.secret.reveal()).toBe(totp);
  });

  test("keeps its password where the proof came to no password", async () => {
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [passwordOf("never asked for")]);
    await saveState(id, "new");
    await loggedIn(visit);
    expect(await halfMade.finish(visit, { isPasswordProved: false })).toEqual({
      end: "done",
      identityId: known.id,
    });
    expect((await reveal(known.id)).usernamePassword?.password?.reveal()).toBe("old");
    expect((await open.identities.loadState(known.id))?.state).toEqual(stateWith("new"));
  });

  test("is whole where the end of a visit breaks off half-way", async () => {
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [passwordOf("new")]);
    await saveState(id, "new");
    // What does not open is met after the credentials were written.
    await sql`update saved_states set sealed = sealed || 'x'::bytea where identity_id = ${id}`.execute(
      open.db.database.kysely,
    );
    const before = await kept();
    await expect(finish(visit)).rejects.toMatchObject({ code: "key_unavailable" });
    expect(await kept()).toEqual(before);
    expect((await tokens.get(visit.token.id))?.state).toBe("good");
  });

  test("keeps no state of a run that ends while its credentials are replaced", async () => {
    await using lease = await open.leases.acquire(known.id);
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [passwordOf("new")]);
    await saveState(id, "new");
    const late = () =>
      open.identities.saveState(known.id, stateWith("late"), lease.fence, known.credentialsVersion);
    await Promise.all([finish(visit), late(), late(), late()]);
    expect((await open.identities.loadState(known.id))?.state).toEqual(stateWith("new"));
    expect(await late()).toBe(false);
  });
});
