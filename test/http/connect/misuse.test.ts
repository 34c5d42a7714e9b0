import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createConnectTokenTexts } from "../../../src/identity/connect/connect-token-text.ts";
import { ensureProject } from "../../../src/identity/projects.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { addApplication, csrfIn, makeToken, openVisitor, stateIn, textOf } from "../../support/connect.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

let ground: TestParts;
let api: TestApi;
let applicationId: string;
const url = "https://shop.example/";
beforeAll(async () => {
  ground = await openTestParts({ settings: { LATCHKEY_LOG_LEVEL: "trace" } });
  api = await openTestApi(ground.parts);
  applicationId = (await addApplication(ground.parts, { url })).id;
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const open = (token: string, headers: Record<string, string> = {}) =>
  api.app.inject({ url: "/identity/create", query: { token }, headers });
const kysely = async () => (await ground.parts.store()).database.kysely;

test("the token leaves the address bar with the first answer, for a cookie that scripts and other pages do not see", async () => {
  const token = await makeToken(ground.parts, applicationId);
  const answer = await open(token);
  expect(answer.statusCode).toBe(303);
  expect(answer.headers.location).toMatch(/^\/connect\/[0-9a-f-]{36}$/);
  expect(answer.headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
  const [cookie, ...others] = answer.cookies;
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: answer.headers.location });
  const page = await api.app.inject({
    url: String(answer.headers.location),
    headers: { cookie: `${cookie?.name}=${cookie?.value}` },
  });
  for (const secret of [token, cookie?.value ?? ""]) expect(page.body).not.toContain(secret);
  expect(page.headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
  expect(page.headers["set-cookie"]).toBeUndefined();
});

test("over https the cookie works in a frame of another site, in a jar of its own", async () => {
  const behindProxy = await openTestParts({ settings: { LATCHKEY_TRUST_PROXY: "loopback" } });
  await using _closed = behindProxy;
  const { createApp } = await import("../../../src/http/app.ts");
  await using trusted = await openTestApi(behindProxy.parts);
  const app = createApp({
    log: behindProxy.parts.log,
    readiness: {},
    api: trusted.deps,
    trustProxy: ["loopback"],
  });
  const { id } = await addApplication(behindProxy.parts, { url });
  const token = await makeToken(behindProxy.parts, id);
  const answer = await app.inject({
    url: "/identity/create",
    query: { token },
    headers: { "x-forwarded-proto": "https" },
  });
  expect(String(answer.headers["set-cookie"])).toMatch(
    /HttpOnly; Secure; Partitioned; SameSite=None|SameSite=None/,
  );
  expect(answer.cookies[0]).toMatchObject({ secure: true, sameSite: "None", httpOnly: true });
  expect(String(answer.headers["set-cookie"])).toContain("Partitioned");
  await app.close();
});

test("a token that was used, has expired or never was opens nothing, and says so in words", async () => {
  const { connectTokens } = await ground.parts.store();
  const used = await makeToken(ground.parts, applicationId);
  await (await kysely())
    .updateTable("connect_tokens")
    .set({ used_at: sql<Date>`now()` })
    .where("id", "=", (await connectTokens.look(used))?.id ?? "")
    .execute();
  const expired = await makeToken(ground.parts, applicationId);
  const id = (await connectTokens.look(expired))?.id ?? "";
  await (await kysely())
    .updateTable("connect_tokens")
    .set({ expires_at: sql<Date>`now() - interval '1 second'` })
    .where("id", "=", id)
    .execute();
  const cases: [string, number, string][] = [
    [used, 410, "used already"],
    [expired, 410, "has expired"],
    ["", 404, "is not valid"],
    ["lct_short", 404, "is not valid"],
  ];
  for (const [token, status, words] of cases) {
    const answer = await open(token);
    expect([answer.statusCode, textOf(answer.body)]).toEqual([status, expect.stringContaining(words)]);
    expect(answer.headers["set-cookie"]).toBeUndefined();
  }
  expect(textOf((await open("", { "accept-language": "de-CH,fr;q=0.5" })).body)).toContain(
    "Link ist ungültig",
  );
});

test("a visit that outlives its token is over", async () => {
  const token = await makeToken(ground.parts, applicationId);
  const visitor = await openVisitor(api, token);
  const { connectTokens } = await ground.parts.store();
  const id = (await connectTokens.look(token))?.id ?? "";
  await (await kysely())
    .updateTable("connect_tokens")
    .set({ expires_at: sql<Date>`now()` })
    .where("id", "=", id)
    .execute();
  const page = await visitor.get();
  expect([page.statusCode, stateIn(page.body)]).toEqual([410, "expired"]);
  await visitor.post("credentials", { username: "ada", password: "secret" });
  const { rows } = await sql`select from identities`.execute(await kysely());
  expect(rows).toEqual([]);
});

test("ten thousand guesses cost no row, no run and no memory", {
  timeout: 60_000,
}, async () => {
  const texts = createConnectTokenTexts({
    keyring: { derive: () => ({ keyId: "0".repeat(12), key: randomBytes(32) }) },
  });
  const before = await counts();
  for (let i = 0; i < 500; i += 1) await open(texts.make().reveal());
  await collectGarbage();
  const memoryBefore = process.memoryUsage().heapUsed;
  let limited = 0;
  const statuses = new Set<number>();
  for (let i = 0; i < 10_000; i += 1) {
    const { statusCode } = await api.app.inject({
      url: `/identity/create?token=${i % 2 === 0 ? texts.make().reveal() : `guess-${i}`}`,
      remoteAddress: `10.0.${i % 250}.${i % 3}`,
    });
    statuses.add(statusCode);
    if (statusCode === 429) limited += 1;
    // As between requests that come over a network.
    if (i % 500 === 0) await new Promise(setImmediate);
  }
  await collectGarbage();
  expect(await counts()).toEqual(before);
  expect([...statuses].every((status) => status === 404 || status === 429)).toBe(true);
  expect(limited).toBeLessThan(10_000);
  expect((process.memoryUsage().heapUsed - memoryBefore) / 1_024 ** 2).toBeLessThan(15);
});

test("an address that asks too often is told to wait, and others are not", async () => {
  const from = (remoteAddress: string) => api.app.inject({ url: "/identity/create?token=x", remoteAddress });
  for (let i = 0; i < 600; i += 1) await from("10.9.9.9");
  const limited = await from("10.9.9.9");
  expect([limited.statusCode, stateIn(limited.body)]).toEqual([429, "too-many"]);
  expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
  expect((await from("10.9.9.8")).statusCode).toBe(404);
});

test("a token is opened so often and no more", async () => {
  const token = await makeToken(ground.parts, applicationId);
  const statuses = [];
  for (let i = 0; i < 21; i += 1) statuses.push((await open(token)).statusCode);
  expect(statuses.filter((status) => status === 303)).toHaveLength(20);
  expect(statuses.at(-1)).toBe(429);
});

test("a visit is its own browser's alone", async () => {
  const [mine, theirs] = await Promise.all(
    [0, 1].map(async () => openVisitor(api, await makeToken(ground.parts, applicationId))),
  );
  if (mine === undefined || theirs === undefined) throw new Error("there are two");
  for (const cookie of ["", theirs.cookie, `${mine.cookie}x`, "latchkey_visit="]) {
    expect((await api.app.inject({ url: mine.path, headers: { cookie } })).statusCode).toBe(403);
    const events = await api.app.inject({ url: `${mine.path}/events?shown=progress`, headers: { cookie } });
    expect([events.statusCode, events.body]).toEqual([204, ""]);
    const cancelled = await api.app.inject({
      method: "POST",
      url: `${mine.path}/cancel`,
      headers: { cookie },
    });
    expect(cancelled.statusCode).toBe(403);
  }
  expect(stateIn((await mine.get()).body)).toBe("form");
});

test("a form that no page of the visit's own has sent does nothing", async () => {
  const visitor = await openVisitor(api, await makeToken(ground.parts, applicationId));
  for (const attempt of [
    visitor.post("cancel", { csrf: "" }),
    visitor.post("cancel", { csrf: "x".repeat(43) }),
    visitor.post("cancel", {}, { "sec-fetch-site": "cross-site" }),
    visitor.post("cancel", {}, { "sec-fetch-site": "same-site" }),
  ])
    expect((await attempt).statusCode).toBe(403);
  expect(stateIn((await visitor.get()).body)).toBe("form");
  expect(
    (await visitor.post("cancel", {}, { "sec-fetch-site": "same-origin", origin: "null" })).statusCode,
  ).toBe(303);
  expect(stateIn((await visitor.get()).body)).toBe("cancelled");
});

test("only the application's own pages may show it in a frame, and nothing of others' is loaded", async () => {
  const policyOf = async (frameOrigins: string[]) => {
    const { id } = await addApplication(ground.parts, { url, frameOrigins });
    const visitor = await openVisitor(api, await makeToken(ground.parts, id));
    return (await visitor.get()).headers;
  };
  const closed = await policyOf([]);
  expect(closed["content-security-policy"]).toContain("frame-ancestors 'none'");
  expect(closed["x-frame-options"]).toBe("DENY");
  const framed = await policyOf(["https://app.example", "https://other.example"]);
  expect(framed["content-security-policy"]).toContain(
    "frame-ancestors https://app.example https://other.example",
  );
  expect(framed["x-frame-options"]).toBeUndefined();
  const directives = String(framed["content-security-policy"]).split("; ");
  expect(directives).toContain("default-src 'none'");
  expect(directives).toContain("script-src 'self'");
  expect(
    directives.filter((each) => /unsafe|\*|https:/.test(each) && !each.startsWith("frame-ancestors")),
  ).toEqual([]);
});

test("another project's token connects an account of that project, and no other's", async () => {
  const { database } = await ground.parts.store();
  const halfMadeOf = (project: string) =>
    database.kysely.selectFrom("identities").selectAll().where("project", "=", project).execute();
  await ensureProject(database, "other");
  const theirs = await addApplication(ground.parts, { url }, "other");
  await expect(makeToken(ground.parts, theirs.id)).rejects.toMatchObject({ code: "not_found" });
  const visitor = await openVisitor(api, await makeToken(ground.parts, theirs.id, { project: "other" }));
  await visitor.post("credentials", { username: "ada", password: "canary-password" });
  expect(await halfMadeOf("other")).toMatchObject([{ application_id: theirs.id }]);
  expect(await halfMadeOf("default")).toEqual([]);
  await visitor.post("cancel");
  expect(await halfMadeOf("other")).toEqual([]);
});

test("names from the address are cut to what fits a line, and the page's own words are nobody else's", async () => {
  const visitor = await openVisitor(api, await makeToken(ground.parts, applicationId), {
    userName: `<b>Your account is locked</b>\n${"x".repeat(500)}`,
    lang: "xx",
    mode: "evil",
  });
  const page = await visitor.get();
  expect(page.body).not.toContain("Your account is locked");
  const { rows } = await sql<{ user_name: string; mode: string }>`
    select user_name, mode from connect_visits where id = ${visitor.path.split("/").at(-1)}
  `.execute(await kysely());
  expect(rows).toEqual([
    { user_name: expect.stringMatching(/^<b>Your account is locked<\/b> x{1,100}$/), mode: "redirect" },
  ]);
  expect(rows[0]?.user_name.length).toBeLessThanOrEqual(100);
});

test("nobody but the visit's own browser has a body of theirs read", async () => {
  const visitor = await openVisitor(api, await makeToken(ground.parts, applicationId));
  const base = await api.app.listen({ host: "127.0.0.1", port: 0 });
  /** The answer to the head of a form whose body never comes. */
  const answerTo = async (action: string, headers: Record<string, string>) => {
    const sent = request(`${base}${visitor.path}/${action}`, {
      method: "POST",
      headers: {
        "content-type": "multipart/form-data; boundary=x",
        "content-length": 8 * 1_024 ** 2,
        ...headers,
      },
    });
    sent.on("error", () => undefined).flushHeaders();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    sent.destroy();
    return answer.statusCode;
  };
  const { cookie } = visitor;
  expect(await answerTo("credentials", {})).toBe(403);
  expect(await answerTo("credentials", { cookie: `${cookie}x` })).toBe(403);
  expect(await answerTo("credentials", { cookie, "sec-fetch-site": "cross-site" })).toBe(403);
  // Where no picture belongs.
  expect(await answerTo("cancel", { cookie })).toBe(400);
  expect(stateIn((await visitor.get()).body)).toBe("form");
});

test("a visit that is over opens no browser, and no two are opened for one", {
  timeout: 60_000,
}, async () => {
  const { sessions } = api.deps;
  const form = async () => {
    const visitor = await openVisitor(api, await makeToken(ground.parts, applicationId));
    const csrf = csrfIn((await visitor.get()).body);
    const open = () =>
      api.app.inject({
        method: "POST",
        url: `${visitor.path}/flow`,
        headers: { cookie: visitor.cookie, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ csrf, flow: "yourself" }).toString(),
      });
    return { visitor, open };
  };
  const over = await form();
  await over.visitor.post("cancel");
  expect((await over.open()).statusCode).toBe(303);
  expect((await sessions.list("default", {})).total).toBe(0);
  const twice = await form();
  const answers = await Promise.all([twice.open(), twice.open()]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([303, 303]);
  const statuses = (await sessions.list("default", {})).sessions.map(({ status }) => status);
  expect(statuses.toSorted()).toEqual(["ended", "running"]);
  await twice.visitor.post("cancel");
  expect((await sessions.list("default", { statuses: ["running"] })).total).toBe(0);
});

test("forms too large, of another kind or malformed are refused on a page of ours", async () => {
  const visitor = await openVisitor(api, await makeToken(ground.parts, applicationId));
  const send = (body: string | Buffer, type: string) =>
    api.app.inject({
      method: "POST",
      url: `${visitor.path}/credentials`,
      headers: { cookie: visitor.cookie, "content-type": type },
      body,
    });
  const answers = await Promise.all([
    send("x".repeat(20 * 1_024 ** 2), "application/x-www-form-urlencoded"),
    send("<a/>", "text/xml"),
    send("{}", "application/json"),
    send("no multipart", "multipart/form-data"),
    send("no multipart", "multipart/form-data; boundary=x"),
    send("a=%FF&csrf=%00", "application/x-www-form-urlencoded"),
  ]);
  for (const { statusCode, headers } of answers) {
    expect(statusCode).toBeGreaterThanOrEqual(400);
    expect(statusCode).toBeLessThan(500);
    expect(headers["content-type"]).toContain("text/html");
  }
});

test("nothing that is secret stood in the log", async () => {
  const token = await makeToken(ground.parts, applicationId);
  const visitor = await openVisitor(api, token);
  await visitor.post("credentials", { username: "canary-name@x.example", password: "canary-password-7" });
  await visitor.post("cancel");
  await open("lct_canary");
  const secrets = [
    token,
    visitor.cookie.split("=")[1] ?? "",
    "canary-name@x.example",
    "canary-password",
    "lct_canary",
  ];
  for (const secret of secrets) expect(ground.logged()).not.toContain(secret);
  expect(ground.logged()).toContain("a sign-in was asked for");
});

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** After a few turns of the loop: what a promise chain or a finaliser still holds is no leak. */
async function collectGarbage(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 40);
    });
    gc();
  }
}

async function counts(): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*) from connect_tokens) as tokens, (select count(*) from connect_visits) as visits,
      (select count(*) from identities) as identities, (select count(*) from runs) as runs
  `.execute(await kysely());
  return rows;
}
