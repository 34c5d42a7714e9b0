import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Artifacts, createArtifacts } from "../../src/artifacts.ts";
import { collectEvidence, watchConsole } from "../../src/browser/evidence.ts";
import { secretLocators } from "../../src/browser/mask-secrets.ts";
import { createRedactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";
import { assertNoChromiumLeft, launchChromium } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/web-server.ts";

let browser: Browser;
let server: TestServer;
let dir: string;
let artifacts: Artifacts;
const redactor = createRedactor();
redactor.add(new Secret("hunter2-canary"));

beforeAll(async () => {
  browser = await launchChromium();
  dir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  artifacts = createArtifacts({ dir });
  server = await startServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(
      request.url?.startsWith("/frame") ? `<input type="password" value="in frame">` : pageOfFields,
    );
  });
});

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
  assertNoChromiumLeft();
});

/** Each field of a row of its own, its name saying whether a screenshot may show it. */
const pageOfFields = `<!doctype html><title>Sign in hunter2-canary</title>
<style>input, iframe, x-field { display: block; width: 300px; height: 24px; margin: 4px; border: 0; padding: 0 }</style>
<input data-hide type="password" value="x">
<input data-hide type="text" name="password" value="revealed">
<input data-hide autocomplete="section-a one-time-code" value="123456">
<input data-hide autocomplete="new-password" value="x">
<input data-hide name="totpCode" value="123456">
<input data-hide name="d1" maxlength="1" value="1">
<input data-hide name="answer" value="holds hunter2-canary in it">
<input data-show name="email" value="ada@shop.example">
<input data-show name="search" maxlength="10" value="socks">
<x-field></x-field>
<iframe src="/frame"></iframe>
<script>
  customElements.define("x-field", class extends HTMLElement {
    connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = '<input type="password" value="in shadow">'; }
  });
</script>`;

async function openPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.url}/login?code=abc#token`);
  return page;
}

const evidenceOf = (page: Page, options: Partial<Parameters<typeof collectEvidence>[0]> = {}) =>
  collectEvidence({ page, artifacts, runId: "run-1", redactor, ...options });

test("evidence names the page without query and fragment, and what the console said, scrubbed", async () => {
  const page = await browser.newPage();
  const consoleErrors = watchConsole(page);
  await page.goto(`${server.url}/login?code=abc#token`);
  await page.evaluate(() => {
    console.error("no luck with hunter2-canary at https://shop.example/cb?code=abc");
    console.log("chatter");
    setTimeout(() => {
      throw new TypeError("broke");
    });
  });
  await expect.poll(() => consoleErrors()).toHaveLength(2);
  const evidence = await evidenceOf(page, { consoleErrors: consoleErrors() });
  expect(evidence).toMatchObject({
    url: `${server.url}/login`,
    title: "Sign in [redacted]",
    consoleErrors: ["no luck with [redacted] at https://shop.example/cb", "TypeError: broke"],
    screenshot: expect.stringMatching(/^failure.*\.png$/),
    artifact: { kind: "screenshot", contentType: "image/png" },
  });
  const { stream } = await artifacts.read("run-1", evidence.screenshot ?? "");
  expect((await buffer(stream)).subarray(1, 4).toString()).toBe("PNG");
  await page.close();
});

test("the console is remembered for its last errors, each at a bearable length", async () => {
  const page = await browser.newPage();
  const consoleErrors = watchConsole(page);
  await page.evaluate(() => {
    for (let count = 1; count <= 25; count += 1) console.error(`error ${count} ${"x".repeat(1_000)}`);
  });
  await expect.poll(() => consoleErrors().at(-1)).toMatch(/^error 25/);
  expect(consoleErrors()).toHaveLength(20);
  expect(Math.max(...consoleErrors().map(({ length }) => length))).toBeLessThanOrEqual(501);
  await page.close();
});

test("a screenshot hides passwords and codes, in frames and shadow roots, shown in clear or under another name", async () => {
  const page = await openPage();
  const evidence = await evidenceOf(page);
  const { stream } = await artifacts.read("run-1", evidence.screenshot ?? "");
  const png = await buffer(stream);
  const fields = page.locator("[data-hide], [data-show], x-field, iframe");
  const boxes = await fields.evaluateAll((elements) =>
    elements.map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return { shown: element.hasAttribute("data-show"), x: x + width / 2, y: y + height / 2 };
    }),
  );
  const colours = await colourAt(page, png, boxes);
  expect(boxes.map(({ shown }, index) => [shown, colours[index] === "91,91,102"])).toEqual(
    boxes.map(({ shown }) => [shown, !shown]),
  );
  await page.close();
});

/** Colours of the screenshot at some points, read by the browser itself. */
function colourAt(page: Page, png: Buffer, points: { x: number; y: number }[]): Promise<string[]> {
  return page.evaluate(
    async ({ url, points: at }) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas?.drawImage(image, 0, 0);
      return at.map(({ x, y }) => [...(canvas?.getImageData(x, y, 1, 1).data ?? [])].slice(0, 3).join());
    },
    { url: `data:image/png;base64,${png.toString("base64")}`, points },
  );
}

test("fields that hold a known value are found whatever they are called", async () => {
  const page = await openPage();
  await page.locator("[name=email]").fill("hunter2-canary");
  const masked = await secretLocators({ page, redactor });
  const names = await Promise.all(
    masked.map((locator) => locator.evaluateAll((all) => all.map((one) => one.getAttribute("name")))),
  );
  expect(names.flat()).toContain("email");
  await page.close();
});

describe("evidence is there in time", () => {
  test("of a page that hangs", async () => {
    const page = await openPage();
    void page
      .evaluate(() => {
        for (;;);
      })
      .catch(() => undefined);
    const startedAt = performance.now();
    const evidence = await evidenceOf(page, { withinMs: 1_000 });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(evidence).toEqual({ url: `${server.url}/login` });
    await page.close();
  });

  test("of a page that crashed", async () => {
    const page = await openPage();
    const crash = page.waitForEvent("crash");
    void page.goto("chrome://crash").catch(() => undefined);
    await crash;
    const startedAt = performance.now();
    expect(await evidenceOf(page)).toMatchObject({ url: expect.any(String) });
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    await page.close();
  });

  test("of a page that was closed", async () => {
    const page = await openPage();
    await page.close();
    expect(await evidenceOf(page, { consoleErrors: ["last words"] })).toEqual({
      url: `${server.url}/login`,
      consoleErrors: ["last words"],
    });
  });

  test("where its screenshot cannot be stored", async () => {
    const page = await openPage();
    const nowhere = createArtifacts({ dir: "/dev/null/artifacts" });
    expect(await evidenceOf(page, { artifacts: nowhere })).toEqual({
      url: `${server.url}/login`,
      title: "Sign in [redacted]",
    });
    await page.close();
  });
});
