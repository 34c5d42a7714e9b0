import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { PDFDocument } from "pdf-lib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Artifacts, createArtifacts } from "../../src/artifacts.ts";
import type { BrowserPool } from "../../src/browser/browser-pool.ts";
import { createFlowFiles } from "../../src/browser/files.ts";
import type { FlowFiles } from "../../src/browser/flow-files.ts";
import type { OpenSession } from "../../src/browser/session.ts";
import type { Artifact } from "../../src/outcome.ts";
import { createRedactor } from "../../src/redact.ts";
import { assertNoChromiumLeft, testOpenSession, testPool } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/web-server.ts";

let pool: BrowserPool;
let open: OpenSession;
let server: TestServer;
let dir: string;
let artifacts: Artifacts;
let files: FlowFiles;
let told: Artifact[];
const signal = new AbortController().signal;

beforeAll(async () => {
  const pdf = await (await PDFDocument.create()).save();
  pool = testPool();
  open = testOpenSession(pool);
  server = await startServer((request, response) => {
    switch (String(request.url)) {
      case "/report":
        response.setHeader("content-disposition", `attachment; filename*=UTF-8''R%C3%A9sum%C3%A9%202026.csv`);
        response.end("a,b\n1,2\n");
        break;
      case "/statement.pdf":
        response.setHeader("content-type", "application/pdf").end(pdf);
        break;
      case "/cut":
        response
          .writeHead(200, { "content-disposition": "attachment", "content-length": "1000" })
          .write("only so much");
        setTimeout(() => response.destroy(), 50);
        break;
      default:
        response.setHeader("content-type", "text/html").end(`<!doctype html>
          <a id="report" href="/report">Report</a>
          <a id="tab" href="/report" target="_blank">In a tab</a>
          <a id="pdf" href="/statement.pdf">Statement</a>
          <a id="cut" href="/cut">Cut</a>
          <a id="made" download="made.txt" href="data:text/plain,made here">Made</a>
          <input type="file" multiple>`);
    }
  });
  dir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
});

beforeEach(async () => {
  artifacts = createArtifacts({ dir: await mkdtemp(join(dir, "store-")) });
  told = [];
  files = createFlowFiles({
    artifacts,
    runId: "run-1",
    redactor: createRedactor(),
    onArtifact: (artifact) => told.push(artifact),
  });
});

afterAll(async () => {
  await pool.close();
  await server[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
  assertNoChromiumLeft();
});

const contentOf = async (name: string) => text((await artifacts.read("run-1", name)).stream);

describe("a download", () => {
  test("is stored under the name the site gave it, and told of", async () => {
    await using session = await open({ signal });
    await session.page.goto(server.url);
    const file = await files.download(session.page, session.page.locator("#report"));
    expect(file).toEqual({ name: "Résumé 2026.csv", bytes: 8, contentType: "text/csv" });
    expect(await contentOf(file.name)).toBe("a,b\n1,2\n");
    expect(told).toEqual([{ ...file, kind: "download" }]);
  });

  test("can be started by a function, and named", async () => {
    await using session = await open({ signal });
    await session.page.goto(server.url);
    const file = await files.download(session.page, () => session.page.click("#made"), {
      name: "../x/mine.txt",
    });
    expect(file.name).toBe("mine.txt");
    expect(await contentOf("mine.txt")).toBe("made here");
  });

  test("is had from a link that opens a tab", async () => {
    await using session = await open({ signal });
    await session.page.goto(server.url);
    expect(await files.download(session.page, session.page.locator("#tab"))).toMatchObject({ bytes: 8 });
  });

  test("is what a link to a PDF gives", async () => {
    // The headless shell has no viewer that the profile would have to turn off.
    await using own = testPool({ wholeChromium: true });
    await using session = await testOpenSession(own)({ signal });
    await session.page.goto(server.url);
    const file = await files.download(session.page, session.page.locator("#pdf"));
    expect(file).toMatchObject({ name: "statement.pdf", contentType: "application/pdf" });
    expect(await contentOf(file.name)).toMatch(/^%PDF-/);
  });

  test("the flow has caught itself can be saved, and leaves no second copy", async () => {
    await using session = await open({ signal });
    await session.page.goto(server.url);
    const [download] = await Promise.all([
      session.page.waitForEvent("download"),
      session.page.click("#report"),
    ]);
    const copy = await download.path();
    await files.save(download, { name: "saved.csv" });
    expect(await contentOf("saved.csv")).toBe("a,b\n1,2\n");
    expect(await readdir(join(copy, ".."))).toEqual([]);
  });

  test("that is cut short is a failure, and stores nothing", async () => {
    await using session = await open({ signal });
    await session.page.goto(server.url);
    await expect(files.download(session.page, session.page.locator("#cut"))).rejects.toMatchObject({
      code: "flow_failed",
    });
    expect([told, await artifacts.list("run-1")]).toEqual([[], []]);
  });

  test("that never begins is a failure in time", async () => {
    await using session = await open({ signal });
    await session.page.goto(server.url);
    session.context.setDefaultTimeout(200);
    await expect(files.download(session.page, async () => {})).rejects.toMatchObject({
      code: "flow_timed_out",
    });
  });
});

test("bytes of the flow's own making are stored", async () => {
  expect(await files.put("totals.json", "{}")).toEqual({
    name: "totals.json",
    bytes: 2,
    contentType: "application/json",
  });
  expect(await files.put("raw", new Uint8Array([1, 2]), "text/x-raw")).toMatchObject({
    bytes: 2,
    contentType: "text/x-raw",
  });
  expect(told.map(({ kind }) => kind)).toEqual(["file", "file"]);
});

test("a screenshot is stored as a PNG, whatever it was called", async () => {
  await using session = await open({ signal });
  await session.page.goto(server.url);
  expect(await files.screenshot(session.page, { name: "orders", fullPage: true })).toMatchObject({
    name: "orders.png",
    contentType: "image/png",
  });
  expect(told).toMatchObject([{ kind: "screenshot" }]);
});

test("files are uploaded from memory", async () => {
  await using session = await open({ signal });
  await session.page.goto(server.url);
  await files.upload(session.page.locator("input"), [
    { name: "a.txt", content: "text", contentType: "text/plain" },
    { name: "b.bin", content: new Uint8Array([7]) },
  ]);
  const chosen = await session.page.locator("input").evaluate(async (input) => {
    const list = input instanceof HTMLInputElement ? [...(input.files ?? [])] : [];
    return Promise.all(list.map(async (file) => [file.name, file.type, await file.text()]));
  });
  expect(chosen).toEqual([
    ["a.txt", "text/plain", "text"],
    ["b.bin", "application/octet-stream", "\u0007"],
  ]);
});
