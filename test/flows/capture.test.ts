import { type FastifyInstance, fastify } from "fastify";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import capture from "../../flows/web/capture.ts";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { Session } from "../../src/browser/session.ts";
import { type FlowRunner, startFlowRunner } from "../support/flow-runner.ts";
import { signInByHand } from "../support/practice-login.ts";

let site: PracticeSite;
let runner: FlowRunner;
let session: Session;
let pages: FastifyInstance;
let pagesUrl: string;

beforeAll(async () => {
  runner = await startFlowRunner();
  site = await startPracticeSite();
  pages = fastify({ forceCloseConnections: true });
  const html = (path: string, body: string) =>
    pages.get(path, async (_request, reply) => reply.type("text/html; charset=utf-8").send(body));
  html("/plain", "<title>Plain</title><p>Only a body.</p>");
  html("/article", "<nav>Menu</nav><article hidden>Old</article><article>News of the day</article>");
  html("/both", "<nav>Menu</nav><main>Intro <article>First</article><article>Second</article></main>");
  html("/articles", "<nav>Menu</nav><article>First</article><article>Second</article>");
  html("/empty-main", "<main></main><p>Beside it</p>");
  html("/long", `<main>${"word ".repeat(8_000)}</main>`);
  html("/tall", `<main style="height: 3000px">Tall</main>`);
  html(
    "/late",
    `<main id="m">Loading</main><script>fetch("/data").then((r) => r.text()).then((t) => { m.textContent = t; })</script>`,
  );
  html("/restless", `<main>Ticking</main><script>setInterval(() => fetch("/data"), 50)</script>`);
  pages.get("/data", async () => "Here now");
  pages.get("/moved", async (_request, reply) => reply.redirect("/plain"));
  pagesUrl = await pages.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  await site.close();
  await pages.close();
});
beforeEach(async () => {
  session = await runner.open();
  session.page.setDefaultTimeout(10_000);
});
afterEach(() => session.close());

const run = (input?: unknown) => runner.run(capture, { session, sourceUrl: `${site.url}/settings`, input });
/** Width and height stand in a PNG's header, at fixed places. */
const heightOf = (png: Buffer) => png.readUInt32BE(20);

describe("web/capture", { timeout: 30_000 }, () => {
  test("keeps the page the run starts on, seen signed in", async () => {
    await signInByHand(session.page, site);
    await session.page.goto(`${site.url}/settings`);
    const result = await run();
    expect(result).toMatchObject({
      url: `${site.url}/settings`,
      status: 200,
      title: "Settings · Larch Energy",
      truncated: false,
      screenshot: { name: "page.png", contentType: "image/png" },
    });
    expect(result.text).toContain("Change password");
    // The navigation is not what the page is about.
    expect(result.text).not.toContain("Statements");
    const png = await runner.stored("page.png");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect(png.byteLength).toBe(result.screenshot.bytes);
  });

  test("opens another page and tells where it ended", async () => {
    expect(await run({ url: `${pagesUrl}/moved` })).toMatchObject({
      url: `${pagesUrl}/plain`,
      title: "Plain",
      text: "Only a body.",
    });
    expect((await run({ url: `${pagesUrl}/nowhere` })).status).toBe(404);
  });

  test("reads the main content: main as a whole, else the articles that are shown, else all", async () => {
    expect((await run({ url: `${pagesUrl}/article` })).text).toBe("News of the day");
    expect((await run({ url: `${pagesUrl}/articles` })).text).toBe("First\n\nSecond");
    expect((await run({ url: `${pagesUrl}/empty-main` })).text).toBe("Beside it");
    const both = (await run({ url: `${pagesUrl}/both` })).text;
    for (const part of ["Intro", "First", "Second"]) expect(both).toContain(part);
    expect(both).not.toContain("Menu");
  });

  test("cuts a long text and says so", async () => {
    const { text, truncated } = await run({ url: `${pagesUrl}/long` });
    expect([text.length, truncated]).toEqual([20_000, true]);
  });

  test("waits for what a page fetches after loading, but not for one that never rests", async () => {
    expect((await run({ url: `${pagesUrl}/late` })).text).toBe("Here now");
    expect((await run({ url: `${pagesUrl}/restless` })).text).toBe("Ticking");
  });

  test("takes the whole page, or the first screen only", async () => {
    await run({ url: `${pagesUrl}/tall` });
    expect(heightOf(await runner.stored("page.png"))).toBeGreaterThanOrEqual(3_000);
    await run({ url: `${pagesUrl}/tall`, fullPage: false });
    expect(heightOf(await runner.stored("page.png"))).toBeLessThan(1_000);
  });

  test.each([
    "file:///etc/hostname",
    "chrome://version",
    "javascript:alert(1)",
    "view-source:http://x.test",
    "x",
  ])("refuses %s", async (url) => {
    await expect(run({ url })).rejects.toMatchObject({ code: "invalid_input" });
    expect(session.page.url()).toBe("about:blank");
  });
});
