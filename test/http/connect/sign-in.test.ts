import { randomBytes } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import type { NewAuthFlow } from "../../../src/identity/applications/auth-flow-input.ts";
import { type Service, startService } from "../../../src/main.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import {
  addApplication,
  csrfIn,
  makeToken,
  openVisitor,
  stateIn,
  sweepOf,
  textOf,
} from "../../support/connect.ts";
import { page } from "../../support/login-site.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { codeOf } from "../../support/practice-login.ts";
import { qrCodeOf } from "../../support/qr-code.ts";
import { quickUser } from "../../support/runs.ts";
import { startServer } from "../../support/web-server.ts";

let ground: TestParts;
let api: TestApi;
let site: PracticeSite;
let worker: Service;
beforeAll(async () => {
  [ground, site] = await Promise.all([
    openTestParts({ settings: { LATCHKEY_LOG_LEVEL: "trace" } }),
    startPracticeSite({ users: [quickUser] }),
  ]);
  api = await openTestApi(ground.parts);
  worker = await startService(ground.parts, new Set(["worker"]));
});
afterAll(async () => {
  await worker.stop(0);
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
});
beforeEach(() => site.reset());

const { username, password, totpSecret } = quickUser;
const key = `otpauth://totp/Larch:ada?secret=${totpSecret}&period=1`;

async function newVisitor({
  query = {},
  flow,
  token: more = {},
}: {
  query?: Record<string, string>;
  /** In place of the standard one. */
  flow?: NewAuthFlow;
  token?: Parameters<typeof makeToken>[2];
} = {}) {
  const application = await addApplication(ground.parts, { url: `${site.url}/` });
  const { authFlows } = await ground.parts.store();
  if (flow !== undefined) {
    const [standard] = await authFlows.list("default", application.id);
    await authFlows.create("default", application.id, flow, { name: "test" });
    const place = { project: "default", applicationId: application.id, id: standard?.id ?? "" };
    await authFlows.remove(place, { name: "test" });
  }
  const token = await makeToken(ground.parts, application.id, more);
  return { application, token, visitor: await openVisitor(api, token, query) };
}

async function identitiesOf(applicationId: string) {
  const { identities } = await ground.parts.store();
  return (await identities.list("default")).items.filter((each) => each.applicationId === applicationId);
}

/** A form with a picture in it, as a browser sends it. */
function withPicture(fields: Record<string, string>, picture: Uint8Array) {
  const boundary = randomBytes(12).toString("hex");
  const part = (head: string, body: Uint8Array) => [
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
    body,
    Buffer.from("\r\n"),
  ];
  const body = Buffer.concat([
    ...Object.entries(fields).flatMap(([name, value]) => part(`name="${name}"`, Buffer.from(value))),
    ...part('name="picture"; filename="qr.png"\r\ncontent-type: image/png', picture),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return { body, headers: { "content-type": `multipart/form-data; boundary=${boundary}` } };
}

test("an account is connected with a code that is handed in, and the callback is told", async () => {
  const { application, token, visitor } = await newVisitor({ query: { userName: "Ada’s account" } });
  expect(stateIn((await visitor.get()).body)).toBe("form");
  const sent = await visitor.post("credentials", { username, password });
  expect([sent.statusCode, sent.headers.location]).toEqual([303, visitor.path]);
  const asked = await visitor.until("code");
  expect(textOf(asked.body)).toContain("Enter your code");
  // Until it is proved, it is nobody's.
  expect(await identitiesOf(application.id)).toEqual([]);
  await visitor.post("code", { code: await codeOf(quickUser) });
  const done = await visitor.until("done", "refused");
  expect(stateIn(done.body)).toBe("done");
  const [identity] = await identitiesOf(application.id);
  expect(identity).toMatchObject({
    status: "validated",
    stateCapturedAt: expect.any(Date),
    name: "Ada’s account",
    displayName: "Ada’s account",
  });
  // First the browser that signed in was there, then the visitor.
  expect(identity?.firstSeen).toMatchObject({ address: null, userAgent: expect.stringMatching(/Chrome\//) });
  expect(identity?.lastSeen).toMatchObject({ address: "127.0.0.1", userAgent: "lightMyRequest" });
  const next = `https://app.example/callback?tenant=7&identityId=${identity?.id}&identity_id=${identity?.id}&status=success`;
  expect(done.body).toContain(next.replaceAll("&", "&amp;"));
  // It was used up, and its visit shows the same for as long as somebody looks.
  expect((await api.app.inject({ url: "/identity/create", query: { token } })).statusCode).toBe(410);
  expect(stateIn((await visitor.get()).body)).toBe("done");
});

test("a wrong password is told plainly, in the site's words too, and does not use the token up", async () => {
  const { application, visitor } = await newVisitor({
    flow: { name: "With key", methods: ["username_password", "authenticator"] },
  });
  await visitor.post("credentials", { username, password: "wrong-Password-1", key });
  const refused = await visitor.until("refused", "done");
  const text = textOf(refused.body);
  expect(text).toContain("did not let you in");
  expect(text).toContain("The email address or password is not right.");
  // The name need not be typed again, nothing secret comes back.
  expect(refused.body).toContain(`value="${username}"`);
  for (const secret of ["wrong-Password-1", totpSecret]) expect(refused.body).not.toContain(secret);
  await visitor.post("credentials", { username, password, key });
  expect(stateIn((await visitor.until("done", "refused")).body)).toBe("done");
  const [identity, ...others] = await identitiesOf(application.id);
  expect(others).toEqual([]);
  expect(identity?.credentials.map(({ type }) => type)).toEqual(["username_password", "authenticator"]);
  expect(site.counters.passwordSubmits).toBe(2);
});

test("so many wrong passwords and no more, in however many visits", async () => {
  const { token, visitor } = await newVisitor();
  const other = await openVisitor(api, token);
  for (const each of [visitor, other, visitor, other]) {
    await each.post("credentials", { username: "nobody@larch.example", password: "wrong" });
    await each.until("refused");
  }
  expect(textOf((await visitor.get()).body)).toContain("Tries left: 1");
  await visitor.post("credentials", { username: "nobody@larch.example", password: "wrong" });
  const last = await visitor.until("refused");
  expect(textOf(last.body)).toContain("There were too many tries.");
  expect(last.body).not.toContain('name="password"');
  await other.post("credentials", { username, password });
  expect(stateIn((await other.get()).body)).toBe("refused");
  const late = await openVisitor(api, token);
  expect(textOf((await late.get()).body)).toContain("There were too many tries.");
  expect(site.counters.passwordSubmits).toBe(5);
});

test("a picture of the QR code signs in with nobody there", async () => {
  const { application, visitor } = await newVisitor({
    flow: { name: "With key", methods: ["username_password", "authenticator"] },
  });
  const csrf = /name="csrf" value="(?<csrf>[^"]*)"/.exec((await visitor.get()).body)?.groups?.["csrf"] ?? "";
  const send = async (picture: Uint8Array) => {
    const { body, headers } = withPicture({ csrf, username, password }, picture);
    const url = `${visitor.path}/credentials`;
    return api.app.inject({ method: "POST", url, body, headers: { ...headers, cookie: visitor.cookie } });
  };
  const noCode = await qrCodeOf("x").then((png) => png.fill(0, 200));
  expect(textOf((await send(noCode)).body)).toContain("No QR code was found");
  expect(textOf((await send(Buffer.from("<svg></svg>"))).body)).toContain("Use a PNG or JPEG picture");
  const wrong = await send(await qrCodeOf("https://example.com"));
  expect([wrong.statusCode, textOf(wrong.body)]).toEqual([
    422,
    expect.stringContaining("No QR code was found"),
  ]);
  expect((await send(await qrCodeOf(key))).statusCode).toBe(303);
  expect(stateIn((await visitor.until("done", "refused", "code")).body)).toBe("done");
  expect((await identitiesOf(application.id))[0]?.credentials).toContainEqual(
    expect.objectContaining({ type: "authenticator", periodSeconds: 1 }),
  );
  // The parser of forms logs what it works with; the visit is open to whoever has its cookie.
  expect(ground.logged()).toContain("Providing options to busboy");
  expect(ground.logged()).not.toContain(visitor.cookie.split("=")[1]);
});

test("a set-up key given where a code is asked for signs in, and is kept", async () => {
  const { application, visitor } = await newVisitor();
  await visitor.post("credentials", { username, password });
  expect(textOf((await visitor.until("code")).body)).toContain("Never be asked again");
  const wrong = await visitor.post("key", { key: "not base32!" });
  expect([wrong.statusCode, textOf(wrong.body)]).toEqual([422, expect.stringContaining("no set-up key")]);
  await visitor.post("key", { key });
  expect(stateIn((await visitor.until("done", "refused")).body)).toBe("done");
  expect((await identitiesOf(application.id))[0]).toMatchObject({
    status: "validated",
    credentials: [{ type: "username_password" }, { type: "authenticator" }],
  });
});

test("where no set-up key can be given in place of a code, none is taken", async () => {
  const { token, visitor } = await newVisitor();
  await visitor.post("credentials", { username, password });
  await visitor.until("code");
  const { connectTokens, database } = await ground.parts.store();
  const id = (await connectTokens.look(token))?.id ?? "";
  const lapsed = { expires_at: sql<Date>`now()` };
  await database.kysely.updateTable("connect_tokens").set(lapsed).where("id", "=", id).execute();
  await visitor.post("key", { key });
  expect((await connectTokens.get(id))?.attempts).toBe(1);
  expect(stateIn((await visitor.get()).body)).toBe("code");
  await visitor.post("cancel");
});

test("where the site wants proof of a person, signing in by hand is offered at once", async () => {
  const captcha = page(
    "Sign in",
    '<form><label>Email <input type="email" name="u"></label><label>Password <input type="password" name="p"></label><div class="g-recaptcha" data-sitekey="x"><iframe src="/recaptcha/api2/anchor" title="reCAPTCHA" width="304" height="78"></iframe></div><button>Sign in</button></form>',
  );
  await using guarded = await startServer((request, response) => {
    response
      .setHeader("content-type", "text/html")
      .end(request.url?.includes("recaptcha") === true ? page("reCAPTCHA", "I am not a robot") : captcha);
  });
  const application = await addApplication(ground.parts, { url: `${guarded.url}/` });
  const visitor = await openVisitor(api, await makeToken(ground.parts, application.id));
  await visitor.post("credentials", { username, password });
  const refused = await visitor.until("refused");
  expect(textOf(refused.body)).toContain("did not let you in");
  expect(refused.body).toContain('value="yourself"');
});

test("a code the site does not take is asked for again", async () => {
  const { visitor } = await newVisitor();
  await visitor.post("credentials", { username, password });
  await visitor.until("code");
  expect(textOf((await visitor.post("code", { code: " " })).body)).toContain("Fill this in");
  await visitor.post("code", { code: "000000" });
  const again = await visitor.until("code", "refused");
  expect(textOf(again.body)).toContain("That code was not accepted");
  await visitor.post("code", { code: await codeOf(quickUser) });
  expect(stateIn((await visitor.until("done", "refused")).body)).toBe("done");
  const { kysely } = (await ground.parts.store()).database;
  const { rows } = await sql<{ origin: string }>`
    select event ->> 'codeOf' as origin from run_events e join connect_visits v on v.run_id = e.run_id
    where v.id = ${visitor.path.split("/").at(-1)} and event ->> 'type' = 'login'
  `.execute(kysely);
  expect(rows).toEqual([{ origin: "out_of_band" }]);
});

test("of codes that are handed in together one is taken", async () => {
  const { visitor } = await newVisitor();
  await visitor.post("credentials", { username, password });
  const { body } = await visitor.until("code");
  const { database } = await ground.parts.store();
  const codes = async () => {
    const { rows } = await sql<{ codes: number }>`
      select codes from connect_visits where id = ${visitor.path.split("/").at(-1)}
    `.execute(database.kysely);
    return rows[0]?.codes;
  };
  const send = (code: string) =>
    api.app.inject({
      method: "POST",
      url: `${visitor.path}/code`,
      headers: { cookie: visitor.cookie, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ csrf: csrfIn(body), code }).toString(),
    });
  const submits = site.counters.codeSubmits;
  await Promise.all(["000001", "000002", "000003", "000004", "000005", "000006", "000007"].map(send));
  expect(await codes()).toBe(1);
  await visitor.until("code", "refused");
  expect(site.counters.codeSubmits - submits).toBe(1);
  await visitor.post("cancel");
});

test("what a flow asks for is asked for, field by field, and the faults stand beside the fields", async () => {
  const { visitor } = await newVisitor({
    flow: {
      name: "Company",
      methods: ["username_password", "custom"],
      customFields: [{ name: "Company number" }, { name: "PIN" }],
    },
  });
  const form = await visitor.get();
  expect(textOf(form.body)).toContain("Company number");
  const sent = await visitor.post("credentials", {
    username,
    password: "",
    "custom.0": "4711",
    "custom.1": "99",
  });
  expect(sent.statusCode).toBe(422);
  expect(sent.body).toContain('aria-describedby="password-fault"');
  expect(sent.body).toContain('value="4711"');
  expect(sent.body).not.toContain('value="99"');
  expect((await visitor.get(`${visitor.path}/credentials`)).headers.location).toBe(visitor.path);
});

test("cancelled, nothing is left, and the callback is told", async () => {
  const { application, token, visitor } = await newVisitor();
  await visitor.post("credentials", { username, password });
  await visitor.until("code");
  await visitor.post("cancel");
  const page = await visitor.get();
  expect(stateIn(page.body)).toBe("cancelled");
  expect(page.body).toContain("https://app.example/callback?tenant=7&amp;status=cancelled");
  expect(await identitiesOf(application.id)).toEqual([]);
  // Nobody was connected: whoever thinks again may open the link again.
  expect((await api.app.inject({ url: "/identity/create", query: { token } })).statusCode).toBe(303);
});

test("left alone, a visit's half-made identity goes; one that was connected stays", async () => {
  const { visitor } = await newVisitor();
  await visitor.post("credentials", { username, password: "wrong" });
  await visitor.until("refused");
  const { kysely } = (await ground.parts.store()).database;
  const sweep = await sweepOf(ground.parts, api);
  const count = async (condition: RawBuilder<unknown>) => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from identities where ${condition}
    `.execute(kysely);
    return rows[0]?.count;
  };
  const ofVisit = sql`visit_id = ${visitor.path.split("/").at(-1)}`;
  await sweep();
  expect(await count(ofVisit)).toBe(1);
  // A link may be good for days: what lies about is not.
  await sql`update connect_visits set updated_at = now() - interval '31 minutes'`.execute(kysely);
  // Two processes at once: what the other has removed stops neither.
  await Promise.all([0, 1].map(sweep));
  expect(await count(ofVisit)).toBe(0);
  await visitor.post("credentials", { username, password: "wrong" });
  await visitor.until("refused");
  expect(await count(ofVisit)).toBe(1);
  await sql`update connect_tokens set expires_at = now() - interval '16 minutes'`.execute(kysely);
  await sweep();
  expect(await count(ofVisit)).toBe(0);
  expect(await kysely.selectFrom("connect_visits").select("id").execute()).not.toEqual([]);
  expect(await count(sql`status = 'validated'`)).toBeGreaterThan(0);
  await sql`update connect_tokens set expires_at = now() - interval '25 hours'`.execute(kysely);
  await sweep();
  expect(await kysely.selectFrom("connect_visits").select("id").execute()).toEqual([]);
  expect((await visitor.get()).statusCode).toBe(403);
});

test("of two visits with one token the first to sign in has it, and the other leaves nothing", async () => {
  const { application, token, visitor } = await newVisitor();
  const other = await openVisitor(api, token);
  for (const each of [visitor, other]) {
    await each.post("credentials", { username, password });
    await each.until("code");
    await each.post("code", { code: await codeOf(quickUser) });
    // Looked at by nobody until both are through.
    await new Promise((resolve) => {
      setTimeout(resolve, 1_100);
    });
  }
  const states = [];
  for (const each of [visitor, other]) {
    const page = await each.get();
    states.push(stateIn(page.body));
    if (stateIn(page.body) === "progress")
      states[states.length - 1] = stateIn((await each.until("done", "used")).body);
  }
  expect(states.toSorted()).toEqual(["done", "used"]);
  expect(await identitiesOf(application.id)).toHaveLength(1);
});

test("what happens is told as it happens, and that the page is to be opened again", async () => {
  const { visitor } = await newVisitor();
  site.switches.delayMs = 150;
  await visitor.post("credentials", { username, password });
  const { body } = await visitor.get(`${visitor.path}/events?shown=progress`);
  const steps = [...body.matchAll(/event: steps\ndata: (?<data>.*)\n/g)].map(
    ({ groups }) => JSON.parse(groups?.["data"] ?? "[]") as { text: string; status: string }[],
  );
  const underWay = steps.map((step) => step.find(({ status }) => status === "now")?.text);
  expect([...new Set(underWay)]).toEqual(
    expect.arrayContaining(["Start a private browser", "Give it your details"]),
  );
  expect(body.trimEnd().endsWith("event: moved\ndata: {}")).toBe(true);
  await visitor.post("cancel");
});
