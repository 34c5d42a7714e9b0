import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Artifacts, createArtifacts } from "../../../src/artifacts.ts";
import { createFlowFiles } from "../../../src/browser/files.ts";
import type { FlowFiles } from "../../../src/browser/flow-files.ts";
import { createOpenSession } from "../../../src/browser/open-session.ts";
import type { Lookup } from "../../../src/browser/providers/by-address.ts";
import { createCdpProvider } from "../../../src/browser/providers/cdp.ts";
import type { OpenSession, Session } from "../../../src/browser/session.ts";
import type { SavedState } from "../../../src/identity/types.ts";
import { createRedactor } from "../../../src/redact.ts";
import { Secret } from "../../../src/secret.ts";
import { assertNoChromiumLeft, chromiumFolders, silent } from "../../support/chromium.ts";
import {
  type RemoteChromium,
  startCdpProxy,
  startFreshChromiums,
  startRemoteChromium,
} from "../../support/remote-chromium.ts";
import { startServer, type TestServer } from "../../support/web-server.ts";

let remote: RemoteChromium;
/** The whole Chromium: its own context is a profile, which is emptied by other means than the headless shell's. */
let withProfile: RemoteChromium;
let server: TestServer;
const signal = new AbortController().signal;

beforeAll(async () => {
  remote = await startRemoteChromium();
  withProfile = await startRemoteChromium({ wholeChromium: true });
  server = await startServer((request, response) => {
    if (request.url === "/report")
      response
        .setHeader("content-disposition", "attachment; filename=report.txt")
        .end(`for ${request.headers.cookie}`);
    else if (request.url === "/posted" && request.method === "POST")
      response.setHeader("content-disposition", "attachment; filename=posted.txt").end("posted");
    else
      response
        .setHeader("content-type", "text/html")
        .setHeader("set-cookie", "sid=1")
        .end(`<!doctype html>
        <a id="report" href="/report">Report</a><a id="blob" download="made.txt">Made</a>
        <form action="/posted" method="post"><button>Post</button></form><input type="file">
        <script>document.querySelector("#blob").href = URL.createObjectURL(new Blob(["made \\u00e9"]))</script>`);
  });
});

afterAll(async () => {
  await remote[Symbol.asyncDispose]();
  await withProfile[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});

function opener(
  url: string,
  options: { heartbeatMs?: number; log?: pino.Logger; lookup?: Lookup } = {},
): OpenSession {
  const provider = createCdpProvider({ url: new Secret(url), log: silent, ...options });
  return createOpenSession({ providers: [provider], defaultProvider: "cdp", log: options.log ?? silent });
}

const signIn = ({ page }: Session) =>
  page.goto(server.url).then(() =>
    page.evaluate(() => {
      localStorage.setItem("token", "1");
      sessionStorage.setItem("token", "2");
    }),
  );

describe.each([
  { kind: "that makes contexts", refuse: [], endpoint: () => remote },
  {
    kind: "that has only its own",
    refuse: ["Target.createBrowserContext"],
    endpoint: () => withProfile,
  },
])("an endpoint $kind", ({ refuse, endpoint }) => {
  test("gives sessions that keep their state and leave none to the next", async () => {
    await using proxy = await startCdpProxy({ target: endpoint().url, refuse });
    const open = opener(proxy.url);
    let state: SavedState;
    {
      await using session = await open({ signal });
      expect(session.provider).toBe("cdp");
      await signIn(session);
      state = JSON.parse(JSON.stringify(await session.capture()));
    }
    {
      await using next = await open({ signal });
      await next.page.goto(server.at("127.0.0.1"));
      expect(await next.page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
    }
    await using restored = await open({ signal, state });
    await restored.page.goto(server.url);
    expect(
      await restored.page.evaluate(() => [localStorage.getItem("token"), sessionStorage.getItem("token")]),
    ).toEqual(["1", "2"]);
  });

  test("keeps sessions at the same time apart", async () => {
    await using proxy = await startCdpProxy({ target: endpoint().url, refuse });
    const open = opener(proxy.url);
    const seen: number[] = [];
    const visit = async () => {
      await using session = await open({ signal });
      await session.page.goto(server.url);
      seen.push(await session.page.evaluate(() => localStorage.length));
      await signIn(session);
    };
    await Promise.all([visit(), visit()]);
    expect(seen).toEqual([0, 0]);
  });

  test("is disconnected from, not ended, and finds no page of ours left", async () => {
    await using proxy = await startCdpProxy({ target: endpoint().url, refuse });
    const session = await opener(proxy.url)({ signal });
    await session.context.newPage();
    await Promise.all([session.close(), session.close()]);
    await expect.poll(() => proxy.connections()).toBe(0);
    const targets = (await (await fetch(`${endpoint().httpUrl}/json/list`)).json()) as {
      type: string;
      url: string;
    }[];
    expect(targets.filter(({ type, url }) => type === "page" && url.startsWith(server.url))).toEqual([]);
    expect(chromiumFolders()).toEqual([]);
  });
});

test("an endpoint that starts a browser for each connection keeps sessions apart and restores their state", async () => {
  await using endpoint = await startFreshChromiums();
  const open = opener(endpoint.url);
  let state: SavedState;
  {
    await using first = await open({ signal });
    await signIn(first);
    await using second = await open({ signal });
    await second.page.goto(server.url);
    expect(await second.page.evaluate(() => localStorage.length)).toBe(0);
    state = await first.capture();
  }
  await using restored = await open({ signal, state });
  await restored.page.goto(server.url);
  expect(await restored.page.evaluate(() => localStorage["token"])).toBe("1");
});

test("what a worker that died left in the endpoint's own context is gone before the next session", async () => {
  await using proxy = await startCdpProxy({
    target: withProfile.url,
    refuse: ["Target.createBrowserContext"],
  });
  const open = opener(proxy.url);
  const session = await open({ signal });
  await signIn(session);
  proxy.cut();
  await expect.poll(() => session.lost.aborted).toBe(true);
  await session.close();
  await using next = await open({ signal });
  expect(await next.context.cookies()).toEqual([]);
  await next.page.goto(server.at("127.0.0.1"));
  expect(await next.page.evaluate(() => localStorage.length)).toBe(0);
});

test("an endpoint's own context takes no proxy, and says so", async () => {
  await using proxy = await startCdpProxy({ target: remote.url, refuse: ["Target.createBrowserContext"] });
  await expect(opener(proxy.url)({ signal, proxyServer: "http://127.0.0.1:9" })).rejects.toMatchObject({
    code: "provider_refused",
  });
});

test("a Chromium that is called by another name than its own answers by its address", async () => {
  const picky = createServer((request, response) => {
    const isFine = /^(?:localhost|127\.0\.0\.1)(?::|$)/.test(request.headers.host ?? "");
    response.writeHead(isFine ? 200 : 500, { "content-type": "application/json" });
    response.end(isFine ? JSON.stringify({ webSocketDebuggerUrl: remote.url }) : "Host header is specified");
  }).listen(0, "127.0.0.1");
  await once(picky, "listening");
  const { port } = picky.address() as AddressInfo;
  const asked: string[] = [];
  const lookup = async (name: string) => {
    asked.push(name);
    return "127.0.0.1";
  };
  try {
    const url = `http://chrome.invalid:${port}`;
    await using session = await opener(url, { lookup })({ signal });
    expect(session.page.isClosed()).toBe(false);
    expect(asked).toEqual(["chrome.invalid"]);
  } finally {
    picky.closeAllConnections();
    picky.close();
  }
});

test("an address of the http kind will do", async () => {
  await using session = await opener(remote.httpUrl)({ signal });
  await session.page.goto(server.url);
  expect(session.page.url()).toBe(`${server.url}/`);
});

describe("a session is lost", () => {
  test("when its connection ends", async () => {
    await using proxy = await startCdpProxy({ target: remote.url });
    await using session = await opener(proxy.url)({ signal });
    proxy.cut();
    await expect.poll(() => session.lost.aborted).toBe(true);
    expect(session.lost.reason).toMatchObject({ code: "provider_unavailable" });
  });

  test("when the network goes away without a word", async () => {
    await using proxy = await startCdpProxy({ target: remote.url });
    await using session = await opener(proxy.url, { heartbeatMs: 100 })({ signal });
    proxy.freeze();
    await expect.poll(() => session.lost.aborted).toBe(true);
    expect(session.lost.reason).toMatchObject({ code: "provider_unavailable" });
  });

  test("but not by being closed", async () => {
    const session = await opener(remote.url)({ signal });
    await session.close();
    expect(session.lost.aborted).toBe(false);
  });
});

describe("an endpoint that lets nobody connect", () => {
  test.each([
    [401, "provider_refused"],
    [403, "provider_refused"],
    [402, "provider_quota"],
    [429, "provider_quota"],
    [503, "provider_unavailable"],
  ])("answering %i is %s, and its key is shown nowhere", async (status, code) => {
    await using endpoint = await startServer((_request, response) => {
      response.writeHead(status).end();
    });
    for (const scheme of ["http", "ws"]) {
      const lines: string[] = [];
      const log = pino({ level: "trace" }, { write: (line: string) => lines.push(line) });
      const url = `${scheme}://user:CANARY-pw@127.0.0.1:${endpoint.port}/CANARY-path?token=CANARY-key`;
      const error: unknown = await opener(url, { log })({ signal }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code, message: expect.stringContaining(String(status)) });
      expect(inspect(error, { depth: 9 }) + lines.join()).not.toContain("CANARY");
    }
    // What cannot get better is not tried again.
    expect(endpoint.requests).toHaveLength(status === 429 || status === 503 ? 6 : 2);
  });

  test("because nothing is there names the error", async () => {
    await expect(opener("ws://127.0.0.1:1/")({ signal })).rejects.toMatchObject({
      code: "provider_unavailable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("is not waited for once the run is called off", async () => {
    await using silentEndpoint = await startServer(() => undefined);
    const stop = new AbortController();
    const opening = opener(silentEndpoint.url)({ signal: stop.signal });
    await expect.poll(() => silentEndpoint.requests).toHaveLength(1);
    stop.abort(new Error("called off"));
    await expect(opening).rejects.toThrow("called off");
    await expect.poll(() => chromiumFolders()).toEqual([]);
  });
});

describe("files", () => {
  let dir: string;
  let files: FlowFiles;
  let artifacts: Artifacts;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
    artifacts = createArtifacts({ dir });
    files = createFlowFiles({
      artifacts,
      runId: "run-1",
      redactor: createRedactor(),
      onArtifact: () => undefined,
    });
  });

  afterEach(() => rm(dir, { recursive: true }));

  const contentOf = async (name: string) => text((await artifacts.read("run-1", name)).stream);

  test("of a browser on this machine are downloaded", async () => {
    await using session = await opener(remote.url)({ signal });
    const { page } = session;
    await page.goto(server.url);
    const names = [
      await files.download(page, page.locator("#report")),
      await files.download(page, page.locator("#blob")),
      await files.download(page, page.getByText("Post")),
    ].map(({ name }) => name);
    expect(await Promise.all(names.map(contentOf))).toEqual(["for sid=1", "made é", "posted"]);
  });

  test.runIf(process.getuid?.() === 0)("of a browser on another machine are fetched through it", async () => {
    await using elsewhere = await startRemoteChromium({ elsewhere: true });
    await using session = await opener(elsewhere.url)({ signal });
    const { page } = session;
    await page.goto(server.url);
    const names = [
      await files.download(page, page.locator("#report")),
      await files.download(page, page.locator("#blob")),
    ].map(({ name }) => name);
    expect(await Promise.all(names.map(contentOf))).toEqual(["for sid=1", "made é"]);
    // The answer to a form cannot be asked for again; a page in its place must not be taken for it.
    await expect(files.download(page, page.getByText("Post"))).rejects.toMatchObject({
      code: "flow_failed",
      message: expect.stringContaining("another machine"),
    });
    expect(await artifacts.list("run-1")).toHaveLength(2);
  });

  test("are uploaded from memory", async () => {
    await using session = await opener(remote.url)({ signal });
    const input = session.page.locator("input");
    await session.page.goto(server.url);
    await files.upload(input, [{ name: "a.txt", content: "x" }]);
    const content = (element: Node) =>
      element instanceof HTMLInputElement ? element.files?.[0]?.text() : undefined;
    expect(await input.evaluate(content)).toBe("x");
  });
});
