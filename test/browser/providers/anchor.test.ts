import { inspect } from "node:util";
import fc from "fast-check";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createOpenSession } from "../../../src/browser/open-session.ts";
import {
  readAuthStatus,
  readCreated,
  readIdentity,
  readSessions,
  readTags,
} from "../../../src/browser/providers/anchor/answers.ts";
import { cdpUrls } from "../../../src/browser/providers/anchor/cdp-url.ts";
import { createAnchorProvider } from "../../../src/browser/providers/anchor/provider.ts";
import { readCredentials } from "../../../src/browser/providers/anchor/read-credentials.ts";
import { refusalOf } from "../../../src/browser/providers/anchor/refusal.ts";
import type { Provider } from "../../../src/browser/providers/provider.ts";
import type { Session, SessionRequest } from "../../../src/browser/session.ts";
import { Failure } from "../../../src/failure.ts";
import { createRedactor, type Redactor } from "../../../src/redact.ts";
import { Secret } from "../../../src/secret.ts";
import { type AnchorCloud, startAnchorCloud } from "../../support/anchor-cloud.ts";
import { assertNoChromiumLeft, chromiumFolders } from "../../support/chromium.ts";
import { startServer, type TestServer } from "../../support/web-server.ts";

let cloud: AnchorCloud;
let server: TestServer;
let provider: Provider;
let logged: string[] = [];
let redactor: Redactor;
const signal = new AbortController().signal;
const runId = "7c5e2a4e-0c5b-4a39-9d1a-0f7e3f1f2d10";

beforeAll(async () => {
  cloud = await startAnchorCloud();
  server = await startServer((_request, response) => {
    response.setHeader("content-type", "text/html").end("<!doctype html><title>Page</title>Hello");
  });
});
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});
beforeEach(() => {
  logged = [];
  redactor = createRedactor();
  provider = make();
});
afterEach(leavesNothing);

/** In every case: no session stays at the cloud, and no key in the log. */
async function leavesNothing(): Promise<void> {
  await provider.close();
  expect(cloud.live()).toEqual([]);
  expect(chromiumFolders()).toEqual([]);
  expect(logged.join("")).not.toContain("CANARY");
  cloud.reset();
}

function make(options: Partial<Parameters<typeof createAnchorProvider>[0]> = {}): Provider {
  return createAnchorProvider({
    baseUrl: cloud.url,
    apiKey: new Secret(cloud.apiKey),
    choices: { proxy: "off", captchaSolver: true, stealth: true },
    redactor,
    log: pino({ level: "trace" }, { write: (line: string) => logged.push(line) }),
    ...options,
  });
}

const open = (request: Partial<SessionRequest> = {}): Promise<Session> =>
  createOpenSession({
    providers: [provider],
    defaultProvider: "anchor",
    log: pino({ level: "trace" }, { write: (line: string) => logged.push(line) }),
  })({ signal, tag: runId, maxMs: 60_000, ...request });

/** What a session was not opened for. */
async function failureOf(opening: Promise<Session>): Promise<Failure> {
  const error: unknown = await opening.then(
    () => "it was opened",
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error(`not a Failure: ${inspect(error)}`);
  expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY|SECRET/);
  return error;
}

describe("a session", () => {
  test("is asked for as the contract says, used through its own context and page, and ended", async () => {
    const { id } = cloud.add({ source: server.url });
    {
      await using session = await open({ attach: [id] });
      expect(session).toMatchObject({ provider: "anchor", isOnlyOne: true });
      expect(session.context).toBe(session.context.browser()?.contexts()[0]);
      expect(session.page).toBe(session.context.pages()[0]);
      await session.page.goto(server.url);
      expect(await session.page.title()).toBe("Page");
      expect(cloud.live()).toHaveLength(1);
    }
    expect(cloud.live()).toEqual([]);
    expect(cloud.sessions[0]?.body).toEqual({
      identities: [{ id }],
      identity_skip_validation: false,
      session: {
        tags: [runId, expect.stringMatching(/^latchkey-/)],
        timeout: { idle_timeout: 2, max_duration: 2 },
        recording: { active: false },
      },
    });
  });

  test("has a proxy, and with it what needs one, where that is wanted", async () => {
    await provider.close();
    provider = make({ choices: { proxy: "de", captchaSolver: true, stealth: true } });
    await (await open()).close();
    await (await open({ proxyServer: "http://proxy.example:3128" })).close();
    expect(cloud.sessions.map(({ body }) => body)).toMatchObject([
      {
        session: { proxy: { active: true, type: "anchor_proxy", country_code: "de" } },
        browser: { captcha_solver: { active: true }, extra_stealth: { active: true } },
      },
      {
        session: {
          proxy: { type: "custom", server: "http://proxy.example:3128", username: "", password: "" },
        },
        browser: { captcha_solver: { active: true }, extra_stealth: { active: false } },
      },
    ]);
  });

  test("is given a saved state, where it is signed in by nobody", async () => {
    const state = {
      cookies: [],
      origins: [{ origin: server.url, localStorage: [{ name: "token", value: "1" }] }],
      sessionStorage: { [server.url]: { tab: "2" } },
    };
    await using session = await open({ state });
    await session.page.goto(server.url);
    expect(await session.page.evaluate(() => [localStorage["token"], sessionStorage["tab"]])).toEqual([
      "1",
      "2",
    ]);
  });

  test.each([
    ["no", undefined],
    ["an unusable", "about:blank"],
    ["an unreachable", "ws://127.0.0.1:1/"],
  ])("with %s CDP address in the answer is found at the built one", async (_kind, address) => {
    cloud.next("POST /v1/sessions", { data: { cdp_url: address } });
    await using session = await open();
    expect(await session.page.title()).toBe("");
  });

  test("is lost with its connection, and ended all the same", async () => {
    await using session = await open();
    cloud.cutConnections();
    await expect.poll(() => session.lost.aborted).toBe(true);
    expect(session.lost.reason).toMatchObject({ code: "provider_unavailable" });
  });

  test("is kept out of every text while it is there, and the key for good", async () => {
    const session = await open();
    const { id = "" } = cloud.sessions[0] ?? {};
    const text = `${id} ${cloud.apiKey}`;
    expect(redactor.scrub(text)).toBe("[redacted] [redacted]");
    await session.close();
    expect(redactor.scrub(text)).toBe(`${id} [redacted]`);
  });

  test("is ended with the provider that made it", async () => {
    await open();
    expect(cloud.live()).toHaveLength(1);
    await provider.close();
    expect(cloud.live()).toEqual([]);
  });

  test("is ended though the server stumbles over that", async () => {
    const session = await open();
    cloud.next("DELETE /v1/sessions/:id", { status: 500, body: "<h1>Bad gateway</h1>" });
    cloud.next("DELETE /v1/sessions/:id", { cut: "before" });
    cloud.next("DELETE /v1/sessions/:id", { status: 429, headers: { "retry-after": "1" } });
    await session.close();
    expect(cloud.live()).toEqual([]);
  });
});

describe("an answer other than a session", () => {
  const says = (code: number, message: string) => ({ status: code, body: { error: { code, message } } });
  test.each([
    [says(412, "SECRET Profile is not authenticated"), "needs_attention", false],
    [says(422, "SECRET Identity authentication failed: invalid credentials"), "needs_attention", false],
    [says(400, "Identity authentication failed"), "needs_attention", false],
    [says(500, "The identity could not be reauthenticated"), "needs_attention", false],
    [says(401, "SECRET authentication failed"), "provider_refused", false],
    [says(402, "SECRET Payment required"), "provider_quota", false],
    [says(403, "Project cost limit reached"), "provider_quota", false],
    [says(403, "Forbidden"), "provider_refused", false],
    [says(404, "Identity not found"), "unknown_identity", false],
    [says(400, "CAPTCHA solver requires proxy to be active."), "provider_refused", false],
    [{ status: 302, headers: { location: "http://elsewhere.example/SECRET" } }, "provider_refused", false],
    [says(500, "SECRET"), "provider_unavailable", true],
    [{ status: 200, body: "<!doctype html>SECRET" }, "provider_unavailable", true],
    [{ status: 200, body: { data: { id: 7, cdp_url: [] } } }, "provider_unavailable", true],
  ])("%j is %s", async (odd, code, retryable) => {
    const { id } = cloud.add({});
    cloud.next("POST /v1/sessions", odd);
    expect(await failureOf(open({ attach: [id] }))).toMatchObject({ code, retryable });
  });

  test("is not asked for again where the server may have typed a password", async () => {
    const { id } = cloud.add({});
    cloud.next("POST /v1/sessions", { status: 502, body: "Bad gateway" });
    await failureOf(open({ attach: [id] }));
    expect(cloud.requests.filter((route) => route === "POST /v1/sessions")).toHaveLength(1);
  });

  test("says who refused the credentials, so that nobody types them again", () => {
    const refused = (message: string) => refusalOf(says(422, message), { about: "identity" });
    expect(refused("Identity authentication failed: invalid credentials")).toMatchObject({
      credentialsRefused: true,
    });
    expect(refused("Identity authentication failed: CAPTCHA")).toMatchObject({ credentialsRefused: false });
  });

  test("a limit of requests is waited for where it is short, and left to the queue where it is not", async () => {
    cloud.next("POST /v1/sessions", { status: 429, headers: { "retry-after": "1" } });
    const startedAt = performance.now();
    await (await open()).close();
    expect(performance.now() - startedAt).toBeGreaterThan(950);

    cloud.next("POST /v1/sessions", { status: 429, headers: { "retry-after": "58" } });
    expect(await failureOf(open())).toMatchObject({
      code: "provider_quota",
      retryable: true,
      retryAfterMs: 58_000,
    });
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    cloud.next("POST /v1/sessions", { status: 429, headers: { "retry-after": inAMinute } });
    const { retryAfterMs = 0 } = await failureOf(open());
    expect(retryAfterMs).toBeGreaterThan(55_000);
  });

  test("nobody there is an outage", async () => {
    await provider.close();
    provider = make({ baseUrl: "http://127.0.0.1:1" });
    expect(await failureOf(open())).toMatchObject({
      code: "provider_unavailable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe("where nobody knows whether a session was created", () => {
  test.each([
    ["the connection ended after it was", { cut: "after" as const }],
    ["the connection ended before it was", { cut: "before" as const }],
    ["the server failed", { status: 502, body: "Bad gateway" }],
  ])("because %s, it is looked for by its tag before there is another", async (_why, odd) => {
    cloud.next("POST /v1/sessions", odd);
    {
      await using session = await open();
      expect(session.page.isClosed()).toBe(false);
      expect(cloud.live()).toHaveLength(1);
    }
    const asked = cloud.requests.filter((route) => !route.includes("all/status"));
    expect(asked.filter((route) => route === "POST /v1/sessions")).toHaveLength(2);
    const looked = cloud.requests.indexOf("GET /v1/sessions/all/status", 1);
    expect(looked).toBeLessThan(cloud.requests.lastIndexOf("POST /v1/sessions"));
  });

  test("and nobody can be asked either, no other is created; the one is ended later", async () => {
    cloud.next("POST /v1/sessions", { cut: "after" });
    // The first look is for what an earlier attempt has left.
    for (let look = 0; look < 3; look += 1) cloud.next("GET /v1/sessions/all/status", { status: 503 });
    for (let look = 0; look < 2; look += 1) cloud.next("GET /v1/sessions/all/status", { status: 503 });
    expect(await failureOf(open())).toMatchObject({ code: "provider_unavailable", retryable: true });
    expect(cloud.sessions).toHaveLength(1);
    await expect.poll(() => cloud.live(), { timeout: 15_000 }).toEqual([]);
  });

  test("a tag that the list does not tell is asked for, and a session of somebody else's is left alone", async () => {
    const other = await cloud.startSession(["somebody-elses"]);
    cloud.tellsTags = false;
    cloud.next("POST /v1/sessions", { cut: "after" });
    await (await open()).close();
    expect(cloud.live()).toEqual([other.id]);
    await other.browser[Symbol.asyncDispose]();
    other.ended = true;
  });

  test("what a killed worker's attempt has left under the run's tag is ended", async () => {
    const left = await cloud.startSession([runId, "latchkey-of-a-dead-worker"]);
    await using session = await open();
    await expect.poll(() => left.ended).toBe(true);
    expect(session.lost.aborted).toBe(false);
    expect(cloud.live()).toHaveLength(1);
  });

  test("and that is waited for where it is in the way of the next", async () => {
    const left = await cloud.startSession([runId, "latchkey-of-a-dead-worker"]);
    cloud.next("DELETE /v1/sessions/:id", { delayMs: 1_500 });
    cloud.next("POST /v1/sessions", { status: 409, body: { error: { code: 409, message: "busy" } } });
    await using session = await open();
    expect(left.ended).toBe(true);
    expect(session.lost.aborted).toBe(false);
  });

  test("a run that is called off waits for no slow server, and what comes of it is ended", async () => {
    cloud.next("POST /v1/sessions", { delayMs: 1_500 });
    const stop = new AbortController();
    const opening = open({ signal: stop.signal });
    await expect.poll(() => cloud.requests).toContain("POST /v1/sessions");
    stop.abort(new Failure("cancelled", "The run was cancelled."));
    expect(await failureOf(opening)).toMatchObject({ code: "cancelled" });
    // The server is still about to make one.
    expect(cloud.sessions).toEqual([]);
    await expect.poll(() => cloud.sessions.map(({ ended }) => ended), { timeout: 5_000 }).toEqual([true]);
  });
});

test("the health check asks something cheap with the key", async () => {
  expect(await provider.check?.(signal)).toMatch(/^anchor at 127\.0\.0\.1:\d+ takes the key$/);
  expect(cloud.requests).toEqual(["GET /v1/applications"]);
  await provider.close();
  provider = make({ apiKey: new Secret("lk-another-key") });
  await expect(provider.check?.(signal)).rejects.toMatchObject({ code: "provider_refused" });
});

test("the built address is the one that Anchor's SDK builds", () => {
  const built = (baseUrl: string, answered?: string) =>
    cdpUrls({ answered, baseUrl, apiKey: "k1", sessionId: "s1" });
  expect(built("https://api.anchorbrowser.io")).toEqual([
    "wss://connect.anchorbrowser.io?apiKey=k1&sessionId=s1",
  ]);
  expect(built("http://127.0.0.1:3000/anchor")).toEqual([
    "ws://127.0.0.1:3000/anchor?apiKey=k1&sessionId=s1",
  ]);
  expect(built("http://h:1", "wss://there.example/x")).toEqual([
    "wss://there.example/x",
    "ws://h:1?apiKey=k1&sessionId=s1",
  ]);
  expect(built("http://h:1", "javascript:1")).toHaveLength(1);
});

describe("answers", () => {
  test("are read in every shape that servers give them", () => {
    expect(readCreated({ data: { id: "s", cdp_url: "wss://x" } })).toMatchObject({
      id: "s",
      cdpUrl: "wss://x",
    });
    expect(readCreated({ session_id: "s" })).toMatchObject({ id: "s" });
    expect(
      readSessions({ data: { items: [{ session_id: "a", status: "completed" }, { session_id: "b" }] } }),
    ).toEqual([{ id: "b", tags: undefined }]);
    expect(readIdentity({ name: "n", source: "linkedin.com", status: "agent_invalid" })).toMatchObject({
      sourceUrl: "https://linkedin.com/",
    });
    expect(readAuthStatus({ data: { status: "AGENT_FAILED" } })).toBe("agent_failed");
    expect(readAuthStatus({ data: { status: "a sentence, with secrets" } })).toBeUndefined();
  });

  test("whatever they are, break nothing", () => {
    const readers = [readCreated, readSessions, readTags, readAuthStatus, readIdentity, readCredentials];
    const readAny = () =>
      fc.assert(
        fc.property(fc.jsonValue(), (body) => {
          for (const read of readers) read(body);
          refusalOf({ status: 418, body }, { about: "identity" });
        }),
      );
    expect(readAny).not.toThrow();
  });

  test("credentials of unknown kinds are passed over", () => {
    const revealed = readCredentials({
      credentials: [
        { type: "username_password", username: "u", password: "p" },
        { type: "authenticator", secret: "JBSWY3DPEHPK3PXP", otp: "123456" },
        { type: "email_otp", address: 7 },
        null,
      ],
    });
    expect(revealed?.usernamePassword?.password?.reveal()).toBe("p");
    expect(revealed?.authenticator).toMatchObject({ digits: 6, periodSeconds: 30, algorithm: "sha1" });
    expect(
      readCredentials({ credentials: [{ type: "authenticator", secret: "JBSWY3DPEHPK3PXP" }] }),
    ).toBeUndefined();
  });
});
