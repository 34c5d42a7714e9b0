import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { PDFDocument } from "pdf-lib";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../practice/site.ts";
import { statementsOf } from "../../practice/statements.ts";
import { launchChromium } from "../support/chromium.ts";
import { signInByHand, typePassword, typeUsername } from "../support/practice-login.ts";

const [, ben] = practiceUsers;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(10_000);
});
afterEach(() => page.context().close());

const path = () => new URL(page.url()).pathname;
const sessionCookie = async () =>
  (await page.context().cookies()).find(({ name }) => name === "larch_session");

/** Signs in the user without a second factor: these tests are about what comes after. */
const signIn = (site: PracticeSite) => signInByHand(page, site, ben);

describe("the practice site's sessions", { timeout: 30_000 }, () => {
  test("hang on a cookie that scripts cannot read and that is new after the login", async () => {
    await using site = await startPracticeSite();
    await page.goto(`${site.url}/login`);
    const before = await sessionCookie();
    await signIn(site);
    const after = await sessionCookie();
    expect(after).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", expires: -1 });
    expect(after?.value).not.toBe(before?.value);
    expect(await page.evaluate("document.cookie")).toBe("");
  });

  test("are needed for every page behind the login", async () => {
    await using site = await startPracticeSite();
    for (const wanted of ["/", "/statements", "/statements/2026-03.pdf", "/settings"]) {
      const answer = await fetch(site.url + wanted, { redirect: "manual" });
      expect([answer.status, answer.headers.get("location")]).toEqual([303, "/login"]);
    }
  });

  test("end when they are made to, and the next login leads back to where the visitor was", async () => {
    await using site = await startPracticeSite();
    await signIn(site);
    await page.goto(`${site.url}/settings`);
    site.expireSessions();
    expect(site.counters.sessionsLive).toBe(0);
    await page.reload();
    expect(path()).toBe("/login");
    await typeUsername(page, ben.username);
    await typePassword(page, ben.password);
    expect(path()).toBe("/settings");
  });

  test("end for one user and go on for the others", async () => {
    await using site = await startPracticeSite();
    await signIn(site);
    site.expireSessions("ada@larch.example");
    expect(site.counters.sessionsLive).toBe(1);
    site.expireSessions(ben.username);
    expect(site.counters.sessionsLive).toBe(0);
  });

  test("end by themselves after their time", async () => {
    await using site = await startPracticeSite({ options: { sessionTtlMs: 1_000 } });
    await signIn(site);
    await expect.poll(() => site.counters.sessionsLive, { timeout: 5_000 }).toBe(0);
    await page.goto(site.url);
    expect(path()).toBe("/login");
  });

  test("end with signing out, one or everywhere", async () => {
    await using site = await startPracticeSite();
    await signIn(site);
    await page.getByRole("button", { name: "Sign out" }).click();
    expect(await page.getByRole("status").innerText()).toBe("You are signed out.");
    expect(site.counters.sessionsLive).toBe(0);

    await signIn(site);
    const elsewhere = await browser.newPage();
    await signInByHand(elsewhere, site, ben);
    expect(site.counters.sessionsLive).toBe(2);
    await page.goto(`${site.url}/settings`);
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.getByLabel("Email address").waitFor();
    expect(site.counters.sessionsLive).toBe(0);
    await elsewhere.reload();
    expect(new URL(elsewhere.url()).pathname).toBe("/login");
    await elsewhere.context().close();
  });

  test("take posts from their own forms only", async () => {
    await using site = await startPracticeSite();
    await signIn(site);
    const forged = await page.request.post(`${site.url}/settings/sign-out-everywhere`, {
      form: { csrfToken: "guessed" },
      maxRedirects: 0,
    });
    expect(forged.status()).toBe(403);
    expect(site.counters.sessionsLive).toBe(1);
  });
});

describe("the practice site's pages", { timeout: 30_000 }, () => {
  test("list the statements, each with its PDF", async () => {
    await using site = await startPracticeSite();
    await signIn(site);
    await page.getByRole("link", { name: "Statements", exact: true }).click();
    const statements = statementsOf(ben.username);
    const rows = page.getByRole("row");
    expect(await rows.count()).toBe(statements.length + 1);
    expect(await rows.nth(1).innerText()).toContain("October 2026");
    expect(await rows.nth(1).innerText()).toMatch(/€\d+\.\d\d/);

    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "PDF of March 2026" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe("larch-statement-2026-03.pdf");
    const pdf = await PDFDocument.load(await readFile(await download.path()));
    expect(pdf.getPageCount()).toBe(1);
    expect(pdf.getTitle()).toBe(`Statement ${statements.find(({ month }) => month === "2026-03")?.number}`);
    expect((await page.request.get(`${site.url}/statements/1999-01.pdf`)).status()).toBe(404);
  });

  test("have a password form behind the login that changes the password until reset", async () => {
    await using site = await startPracticeSite();
    await signIn(site);
    await page.goto(`${site.url}/settings`);
    const change = async (current: string, next: string, again = next) => {
      await page.getByLabel("Current password").fill(current);
      await page.getByLabel("New password", { exact: true }).fill(next);
      await page.getByLabel("New password again").fill(again);
      await page.getByRole("button", { name: "Change password" }).click();
    };
    await change(ben.password, "elm-aspen-Yew-3", "another-one");
    expect(await page.getByRole("alert").innerText()).toContain("differ");
    await change("wrong", "elm-aspen-Yew-3");
    expect(await page.getByRole("alert").innerText()).toContain("not right");
    await change(ben.password, "elm-aspen-Yew-3");
    expect(await page.getByRole("status").innerText()).toContain("changed");

    site.expireSessions();
    await signInByHand(page, site, { ...ben, password: "elm-aspen-Yew-3" });
    site.reset();
    await signIn(site);
  });

  test("escape what a visitor typed", async () => {
    const username = `"><img src=x onerror="document.title='owned'">'&amp;@larch.example`;
    await using site = await startPracticeSite({ users: [{ ...ben, username }] });
    await page.goto(`${site.url}/login`);
    await page.getByLabel("Email address").evaluate((input) => input.setAttribute("type", "text"));
    await typeUsername(page, username);
    expect(await page.locator(".who").innerText()).toContain(username);
    await typePassword(page, ben.password);
    await page.getByRole("heading", { name: `Good day, ${username}` }).waitFor();
    expect(await page.locator("img").count()).toBe(0);
  });

  test("can be slow, broken or silent, everywhere or on some paths, until reset", async () => {
    await using site = await startPracticeSite();
    await signIn(site);
    site.switches.serverError = /^\/statements/;
    expect((await page.goto(`${site.url}/statements`))?.status()).toBe(503);
    expect((await page.goto(`${site.url}/settings`))?.status()).toBe(200);

    site.switches.hang = true;
    await expect(page.goto(site.url, { timeout: 300 })).rejects.toThrow("Timeout");

    site.reset();
    site.switches.delayMs = 400;
    const started = performance.now();
    await page.goto(`${site.url}/login`);
    expect(performance.now() - started).toBeGreaterThanOrEqual(399);
  });
});

describe("the practice site as a process", { timeout: 30_000 }, () => {
  test("closes at once although a request hangs", async () => {
    const site = await startPracticeSite();
    site.switches.hang = true;
    const hanging = fetch(site.url).catch((error: unknown) => error);
    await expect
      .poll(() => Promise.race([hanging.then(() => "answered"), Promise.resolve("open")]))
      .toBe("open");
    await site.close();
    expect(await hanging).toBeInstanceOf(TypeError);
  });

  test("runs alone, says how to sign in, and stops at SIGTERM", async () => {
    const child = spawn(process.execPath, ["practice/main.ts"], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await expect.poll(() => said, { timeout: 10_000 }).toContain("Ctrl-C");
    expect(said).toContain(practiceUsers[0].totpSecret);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? "";
    expect((await fetch(url)).status).toBe(200);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});
