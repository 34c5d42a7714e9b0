import { generateKeyPairSync, randomUUID } from "node:crypto";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApplications } from "../../src/identity/applications.ts";
import { createConnectTokens } from "../../src/identity/connect-tokens.ts";
import {
  type ConnectVisit,
  type ConnectVisits,
  createConnectVisits,
} from "../../src/identity/connect-visits.ts";
import { createHalfMadeIdentities, type HalfMadeIdentities } from "../../src/identity/half-made.ts";
import { passkeyOf } from "../../src/identity/passkey-of.ts";
import type { Identity, NewCredential, SavedState } from "../../src/identity/types.ts";
import { Secret } from "../../src/secret.ts";
import { openTestIdentities, type TestIdentities } from "../support/identities.ts";
import { keptOfIdentity } from "../support/kept-of-identity.ts";

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

const put = (
  visit: ConnectVisit,
  credentials: NewCredential[],
  more: { without?: ["authenticator"]; lends?: boolean } = {},
) => halfMade.put({ visit, sourceUrl, flowId: null, credentials, lends: true, ...more });
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
    const runId = randomUUID();
    await expect(identities.getForRun("default", id, runId)).rejects.toThrow("no identity");
    await visits.nextRun(visit, runId);
    expect(await identities.getForRun("default", id, runId)).toMatchObject({ id, standsFor: null });
    await expect(identities.getForRun("default", known.id, runId)).rejects.toThrow("no identity");
    await expect(identities.getForRun("other", id, runId)).rejects.toThrow("no identity");
  });

  test("counts once it is proved, by the name that its visitor gave", async () => {
    const visit = await newVisit();
    const { id } = await put(visit, [passwordOf("wrong")]);
    expect(await put(visit, [passwordOf("new")])).toEqual({ id, runAs: id });
    expect(await halfMade.finish(visit)).toEqual({ end: "done", identityId: id });
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
    expect(await halfMade.finish(visit)).toEqual({ end: "done", identityId: id });
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
    const runId = randomUUID();
    await visits.nextRun(visit, runId);
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
    const { id } = await put(visit, [passwordOf("new")]);
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
    expect(await halfMade.finish(visit)).toEqual({ end: "done", identityId: known.id });
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
    await halfMade.finish(visit);
    expect((await reveal(known.id)).authenticator).toBeUndefined();
    await put(second, [passwordOf("new")]);
    await halfMade.add(second, { type: "authenticator", secret: new Secret("GEZDGNBVGY3TQOJQ") });
    await halfMade.finish(second);
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
      await halfMade.finish(visit);
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
    await halfMade.finish(visit);
    const { credentials } = await open.identities.get("default", id);
    expect(credentials.map(({ type }) => type).toSorted()).toEqual(["backup_codes", "username_password"]);
  });

  test("keeps all credentials where somebody signed in by hand", async () => {
    const before = await reveal(known.id);
    const visit = await newVisit(known.id);
    const { id } = await put(visit, [], { lends: false });
    await saveState(id, "by hand");
    await halfMade.finish(visit);
    expect(await reveal(known.id)).toEqual(before);
    expect((await open.identities.loadState(known.id))?.state).toEqual(stateWith("by hand"));
  });

  test("is not touched where it was changed meanwhile, or removed", async () => {
    const visit = await newVisit(known.id);
    await put(visit, [passwordOf("new")]);
    await open.identities.update("default", known.id, { credentials: [passwordOf("other")] }, actor);
    const before = await kept();
    expect(await halfMade.finish(visit)).toEqual({ end: "outdated" });
    expect(await kept()).toEqual(before);
    expect((await tokens.get(visit.token.id))?.state).toBe("good");
    await put(visit, [passwordOf("new")]);
    await open.identities.remove("default", known.id, actor);
    expect(await halfMade.finish(visit)).toEqual({ end: "outdated" });
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
      const ends = await Promise.all([...all, ...all].map((visit) => halfMade.finish(visit)));
      const winner = ends.findIndex(({ end }) => end === "done") % count;
      expect(new Set(ends.map(({ end }, index) => (index % count === winner ? end : `not ${end}`)))).toEqual(
        new Set(count === 1 ? ["done"] : ["done", "not outdated"]),
      );
      expect((await reveal(known.id)).usernamePassword?.password?.reveal()).toBe(`new ${winner}`);
      expect((await open.identities.loadState(known.id))?.state).toEqual(stateWith(`new ${winner}`));
    }
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
    await expect(halfMade.finish(visit)).rejects.toMatchObject({ code: "key_unavailable" });
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
    await Promise.all([halfMade.finish(visit), late(), late(), late()]);
    expect((await open.identities.loadState(known.id))?.state).toEqual(stateWith("new"));
    expect(await late()).toBe(false);
  });
});
