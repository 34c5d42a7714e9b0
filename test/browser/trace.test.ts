import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromBufferPromise } from "yauzl";
import { type Artifacts, createArtifacts } from "../../src/artifacts.ts";
import type { BrowserPool } from "../../src/browser/browser-pool.ts";
import type { OpenSession } from "../../src/browser/session.ts";
import { startTrace } from "../../src/browser/trace.ts";
import type { Artifact } from "../../src/outcome.ts";
import { createRedactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";
import { assertNoChromiumLeft, testOpenSession, testPool } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/web-server.ts";

let pool: BrowserPool;
let open: OpenSession;
let server: TestServer;
let dir: string;
let artifacts: Artifacts;
const signal = new AbortController().signal;
const redactor = createRedactor();
redactor.add(new Secret("CANARY-known"));

beforeAll(async () => {
  pool = testPool();
  open = testOpenSession(pool);
  dir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  artifacts = createArtifacts({ dir });
  server = await startServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://x");
    if (pathname === "/style.css")
      response
        .setHeader("content-type", "text/css")
        .end(`h1 { background: url("/dot.svg?sig=CANARY-css") } /* CANARY-known */`);
    else if (pathname === "/dot.svg")
      response.setHeader("content-type", "image/svg+xml").end(`<svg xmlns="http://www.w3.org/2000/svg"/>`);
    else if (pathname === "/api")
      response
        .writeHead(200, {
          "content-type": "application/json",
          "set-cookie": "sid=CANARY-set-cookie; HttpOnly",
          "x-session-token": "CANARY-header",
        })
        .end(`{"access_token":"CANARY-body"}`);
    else if (pathname === "/go") response.writeHead(302, { location: "/done?code=CANARY-redirect" }).end();
    else
      response.setHeader("content-type", "text/html").end(`<!doctype html><title>Orders</title>
        <meta name="csrf-token" content="CANARY-meta"><link rel="stylesheet" href="/style.css?v=CANARY-link">
        <h1>Orders</h1><a href="/next?code=CANARY-href">Next</a>
        <form action="/save?t=CANARY-action" method="post">
          <input type="hidden" name="csrf" value="CANARY-hidden">
          <input type="password" name="pw" value="CANARY-password">
        </form><p id="shown">visible text</p>
        <script>
          const inline = "CANARY-inline";
          fetch("/api?token=CANARY-query", { method: "POST", headers: { authorization: "Bearer CANARY-bearer" }, body: "pw=CANARY-posted" })
            .then((response) => response.json())
            .then(() => { document.body.dataset.ready = "yes"; console.error("failed at https://x.example/?k=CANARY-console"); });
        </script>`);
  });
});

afterAll(async () => {
  await pool.close();
  await server[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
  assertNoChromiumLeft();
});

async function filesIn(name: string): Promise<Map<string, string>> {
  const { stream } = await artifacts.read("run-1", name);
  const zip = await fromBufferPromise(await buffer(stream));
  const files = new Map<string, string>();
  for await (const entry of zip.eachEntry())
    files.set(entry.fileName, (await buffer(await zip.openReadStreamPromise(entry))).toString());
  return files;
}

const linesOf = (text: string | undefined) =>
  (text ?? "")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("a trace holds what was done and seen, and nothing secret", async () => {
  const told: Artifact[] = [];
  const cookie = {
    name: "sid",
    value: "CANARY-cookie",
    domain: "127.0.0.1",
    path: "/",
    expires: -1,
    httpOnly: true,
    secure: false,
    sameSite: "Lax",
  };
  const state = {
    cookies: [cookie],
    origins: [{ origin: server.url, localStorage: [{ name: "token", value: "CANARY-state" }] }],
    sessionStorage: {},
  };
  await using session = await open({ signal, state });
  const trace = await startTrace({
    context: session.context,
    artifacts,
    runId: "run-1",
    redactor,
    onArtifact: (one) => told.push(one),
  });
  await session.page.goto(`${server.url}/orders?start=CANARY-start#CANARY-fragment`);
  await session.page.locator("body[data-ready]").waitFor();
  await session.page.locator("[name=pw]").fill("CANARY-known");
  // The page shows its own cookie: known to the trace only from the requests.
  await session.page.locator("#shown").evaluate((element) => (element.textContent += " CANARY-cookie"));
  await session.page.getByText("visible text").click();
  await session.page.goto(`${server.url}/go`);
  const artifact = await trace.stop();

  expect(told).toEqual([artifact]);
  expect(artifact).toMatchObject({ name: "trace.zip", kind: "trace", contentType: "application/zip" });
  const files = await filesIn("trace.zip");
  const everything = [...files].flat().join("\n");
  expect(everything.match(/CANARY[-\w]*/g) ?? []).toEqual([]);

  const records = linesOf(files.get("trace.trace"));
  expect(records[0]).toMatchObject({
    type: "context-options",
    version: expect.any(Number),
    options: { viewport: { width: 1280 } },
  });
  const called = records
    .filter(({ type }) => type === "before")
    .map(({ method, params }) => [method, params.url ?? params.selector]);
  expect(called).toEqual(
    expect.arrayContaining([
      ["goto", `${server.url}/orders`],
      ["fill", expect.any(String)],
      ["click", expect.stringContaining("visible text")],
    ]),
  );
  expect(JSON.stringify(records)).toContain("visible text");

  const exchanges = linesOf(files.get("trace.network")).map(({ snapshot }) => snapshot);
  expect(exchanges.map(({ request }) => request.url)).toEqual(
    expect.arrayContaining(
      ["/orders", "/style.css", "/api", "/go", "/done"].map((path) => server.url + path),
    ),
  );
  // What a picture of the page needs is there, and nothing else.
  const kept = exchanges.map(({ response }) => response.content._file).filter(Boolean);
  expect(kept.length).toBeGreaterThan(0);
  expect(new Set([...files.keys()].filter((name) => name.startsWith("resources/")))).toEqual(new Set(kept));
});

test("a trace opens in Playwright's own viewer", async () => {
  await using session = await open({ signal });
  const trace = await startTrace({
    context: session.context,
    artifacts,
    runId: "run-4",
    redactor,
    onArtifact: () => undefined,
  });
  await session.page.goto(`${server.url}/orders?start=1`);
  await session.page.getByText("visible text").click();
  await trace.stop();
  const inspect = async (...words: string[]) => {
    const cli = join(import.meta.dirname, "../../node_modules/playwright-core/cli.js");
    const { stdout } = await promisify(execFile)(process.execPath, [cli, "trace", ...words], { cwd: dir });
    return stdout;
  };
  expect(await inspect("open", artifacts.path("run-4", "trace.zip") ?? "")).toMatch(/Actions: +2\n/);
  const actions = await inspect("actions");
  expect(actions).toMatch(/Navigate[^]*\/orders\n[^]*Click[^]*visible text/);
});

test("a trace is stored when it goes out of scope, once", async () => {
  const told: Artifact[] = [];
  await using session = await open({ signal });
  {
    await using trace = await startTrace({
      context: session.context,
      artifacts,
      runId: "run-2",
      redactor,
      onArtifact: (one) => told.push(one),
    });
    await session.page.goto(server.url);
    await trace.stop();
  }
  expect(told).toHaveLength(1);
  expect(await artifacts.list("run-2")).toEqual(["trace.zip"]);
});

test("a trace of a browser that died is none, and no failure", async () => {
  await using own = testPool();
  await using session = await testOpenSession(own)({ signal });
  const trace = await startTrace({
    context: session.context,
    artifacts,
    runId: "run-3",
    redactor,
    onArtifact: () => undefined,
  });
  process.kill(-(own.groups()[0] ?? 0), "SIGKILL");
  await expect.poll(() => session.lost.aborted).toBe(true);
  expect(await trace.stop()).toBeUndefined();
  expect((await readdir(tmpdir())).filter((name) => name.startsWith("latchkey-trace-"))).toEqual([]);
});
