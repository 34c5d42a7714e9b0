import { afterAll, beforeAll, expect, test } from "vitest";
import { languages } from "../../../src/http/connect/locale.ts";
import { makeRecovery, type RecoveryRequest } from "../../../src/identity/connect/make-recovery.ts";
import type { NewIdentity } from "../../../src/identity/identity-input.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { addApplication, openVisitor, stateIn, textOf } from "../../support/connect.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

const actor = { name: "test" };
const url = "https://shop.example/";
let ground: TestParts;
let api: TestApi;
let applicationId: string;
beforeAll(async () => {
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
  ({ id: applicationId } = await addApplication(ground.parts, { url }));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

async function addIdentity(more: Partial<NewIdentity> = {}) {
  const { identities } = await ground.parts.store();
  const credentials = [{ type: "custom" as const, fields: { PIN: new Secret("4711") } }];
  return await identities.create("default", { applicationId, credentials, ...more }, actor);
}

const make = (change: Partial<RecoveryRequest> & { identityId: string }) =>
  makeRecovery(api.deps, { project: "default", withCode: true, actor, ...change });

/** Somebody who has opened the link. */
async function newVisitor(more: Partial<NewIdentity> = {}) {
  const { id } = await addIdentity(more);
  const { token, code = new Secret("") } = await make({ identityId: id });
  return { id, token, code, visitor: await openVisitor(api, token.reveal()) };
}

const wrong = (code: Secret) => (code.reveal() === "000000" ? "000001" : "000000");
/** As a word of its own, and not as part of an id or a time. */
const says = (text: string, code: Secret) =>
  new RegExp(`(?<![\\w.:-])${code.reveal()}(?![\\w:-])`).test(text);

test("the code opens the form, in this browser alone, with the name the identity is known by", async () => {
  const { token, code, visitor } = await newVisitor({ traits: { email: "ada@shop.example" } });
  const asked = await visitor.get();
  expect([asked.statusCode, stateIn(asked.body)]).toEqual([200, "recovery-code"]);
  expect(asked.body).not.toContain("ada@shop.example");
  // No way around it.
  for (const action of ["credentials", "flow", "yourself", "code", "key"]) {
    await visitor.post(action, {
      username: "ada",
      password: "x",
      flow: "yourself",
      code: "1",
      key: "MFSGCLLM",
    });
    expect(stateIn((await visitor.get()).body)).toBe("recovery-code");
  }
  expect(stateIn((await visitor.get(`${visitor.path}?choose`)).body)).toBe("recovery-code");
  const given = await visitor.post("recovery-code", {
    code: ` ${code.reveal().slice(0, 3)} ${code.reveal().slice(3)}`,
  });
  expect([given.statusCode, given.headers.location]).toEqual([303, visitor.path]);
  const form = await visitor.get();
  expect(stateIn(form.body)).toBe("form");
  expect(form.body).toContain('value="ada@shop.example"');
  // Given once more, it is past.
  expect((await visitor.post("recovery-code", { code: wrong(code) })).headers.location).toBe(visitor.path);
  const other = await openVisitor(api, token.reveal());
  expect(stateIn((await other.get()).body)).toBe("recovery-code");
  await visitor.post("cancel");
  expect(stateIn((await visitor.get()).body)).toBe("cancelled");
});

test("five wrong codes, in however many browsers, and the link is good for nothing", async () => {
  const { token, code, visitor } = await newVisitor();
  expect(textOf((await visitor.post("recovery-code", { code: "" })).body)).toContain("Fill this in.");
  expect(textOf((await visitor.post("recovery-code", { code: "12 34" })).body)).toContain("six digits");
  const refused = await visitor.post("recovery-code", { code: wrong(code) });
  expect([refused.statusCode, stateIn(refused.body)]).toEqual([422, "recovery-code"]);
  expect(refused.body).toContain('aria-describedby="code-fault"');
  expect(textOf(refused.body)).toContain("not the code");
  const other = await openVisitor(api, token.reveal());
  await other.post("recovery-code", { code: wrong(code) });
  expect(textOf((await other.post("recovery-code", { code: wrong(code) })).body)).toContain("Tries left: 2");
  // Who has given the right one goes on.
  const third = await openVisitor(api, token.reveal());
  await third.post("recovery-code", { code: code.reveal() });
  await Promise.all([0, 1, 2].map(() => other.post("recovery-code", { code: wrong(code) })));
  const told = await visitor.get();
  expect([told.statusCode, stateIn(told.body)]).toEqual([410, "void"]);
  expect(stateIn((await third.get()).body)).toBe("form");
  const late = await api.app.inject({ url: "/identity/create", query: { token: token.reveal() } });
  expect([late.statusCode, stateIn(late.body)]).toEqual([410, "void"]);
});

test("the page of the code is there in every language", async () => {
  const { visitor } = await newVisitor();
  const titles = new Set<string>();
  for (const { locale } of languages) {
    await visitor.get(`${visitor.path}?lang=${locale}`);
    const { body } = await visitor.get();
    expect(stateIn(body)).toBe("recovery-code");
    expect(body).toContain(`<html lang="${locale}"`);
    titles.add(/<h1>(?<title>[^<]*)/.exec(body)?.groups?.["title"] ?? "");
  }
  expect(titles.size).toBe(languages.length);
});

test("the code is nowhere but with whoever made it", async () => {
  const { code, visitor } = await newVisitor();
  await visitor.post("recovery-code", { code: wrong(code) });
  await visitor.post("recovery-code", { code: code.reveal() });
  expect((await visitor.get()).body).not.toContain(code.reveal());
  expect(says(ground.logged(), code)).toBe(false);
  expect(says(` ${code.reveal()} `, code)).toBe(true);
  const { database } = await ground.parts.store();
  for (const table of ["connect_tokens", "connect_visits", "audit"] as const) {
    const rows = await database.kysely.selectFrom(table).selectAll().execute();
    const text = rows
      .flatMap((row) =>
        Object.values(row).map((value) =>
          Buffer.isBuffer(value) ? value.toString("latin1") : JSON.stringify(value),
        ),
      )
      .join("\n");
    expect(says(text, code)).toBe(false);
  }
});

test("a link lasts as long as it was made for, its visitor's cookie too", async () => {
  const { id } = await addIdentity();
  const lifeMs = 7 * 24 * 3_600_000;
  const { token, expiresAt } = await make({ identityId: id, lifeMs });
  expect(Math.abs(expiresAt.getTime() - Date.now() - lifeMs)).toBeLessThan(60_000);
  const opened = await api.app.inject({ url: "/identity/create", query: { token: token.reveal() } });
  expect(opened.cookies[0]?.maxAge).toBeGreaterThan(lifeMs / 1_000);
});

test("an identity that is switched off or removed is told as that, to whoever gave the code", async () => {
  const { identities } = await ground.parts.store();
  const { id, code, visitor } = await newVisitor();
  await visitor.post("recovery-code", { code: code.reveal() });
  await identities.update("default", id, { state: "inactive" }, actor);
  const off = await visitor.get();
  expect([off.statusCode, stateIn(off.body)]).toEqual([403, "inactive"]);
  await visitor.post("credentials", { username: "ada", password: "x" });
  expect(stateIn((await visitor.get()).body)).toBe("inactive");
  await expect(make({ identityId: id })).rejects.toMatchObject({ code: "identity_inactive" });
  await identities.update("default", id, { state: "active" }, actor);
  expect(stateIn((await visitor.get()).body)).toBe("form");
  await identities.remove("default", id, actor);
  const gone = await visitor.get();
  expect([gone.statusCode, stateIn(gone.body)]).toEqual([410, "gone"]);
});

test("what cannot be recovered is refused, and says why", async () => {
  const { applications, identities } = await ground.parts.store();
  await expect(make({ identityId: "0197a3b0-0000-7000-8000-000000000000" })).rejects.toMatchObject({
    code: "unknown_identity",
  });
  const { id } = await addIdentity();
  await expect(make({ identityId: id, project: "other" })).rejects.toMatchObject({
    code: "unknown_identity",
  });
  await expect(make({ identityId: id, lifeMs: 40 * 24 * 3_600_000 })).rejects.toThrow("30 days");
  await expect(make({ identityId: id, returnTo: "http://shop.example/" })).rejects.toMatchObject({
    code: "invalid_argument",
  });
  const nowhere = await applications.create("default", { name: "no site yet", url: null }, actor);
  const lost = await identities.create("default", { applicationId: nowhere.id, credentials: [] }, actor);
  await expect(make({ identityId: lost.id })).rejects.toMatchObject({ code: "no_site" });
  const own = await identities.create(
    "default",
    { applicationId: nowhere.id, sourceUrl: "https://own.example/in", credentials: [] },
    actor,
  );
  const { token } = await make({ identityId: own.id, withCode: false });
  const form = await (await openVisitor(api, token.reveal())).get();
  expect([stateIn(form.body), textOf(form.body)]).toEqual(["form", expect.stringContaining("own.example")]);
});

test("an identity of no application is shown its site's, and stays of none", async () => {
  const { identities } = await ground.parts.store();
  for (const sourceUrl of [`${url}account`, "https://never-seen.example/"]) {
    const { id } = await addIdentity({ applicationId: null, sourceUrl });
    const { token } = await make({ identityId: id, withCode: false, returnTo: "https://app.example/back" });
    const form = await (await openVisitor(api, token.reveal())).get();
    expect([stateIn(form.body), textOf(form.body)]).toEqual([
      "form",
      expect.stringContaining(new URL(sourceUrl).host),
    ]);
    expect((await identities.get("default", id)).applicationId).toBeNull();
  }
});
