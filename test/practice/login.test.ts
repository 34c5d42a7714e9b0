import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { practiceUsers, startPracticeSite } from "../../practice/site.ts";
import { launchChromium } from "../support/chromium.ts";
import { codeOf, signInByHand, typeCode, typePassword, typeUsername } from "../support/practice-login.ts";

const [ada, ben] = practiceUsers;
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

const alert = () => page.getByRole("alert").innerText();

describe("the practice site's login", { timeout: 30_000 }, () => {
  test("asks for email, password and code, each on its own page, and leads to the page wanted", async () => {
    await using site = await startPracticeSite();
    const foreign: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(site.url) && !request.url().startsWith("data:"))
        foreign.push(request.url());
    });

    await page.goto(`${site.url}/statements`);
    expect(new URL(page.url()).pathname).toBe("/login");
    expect(await page.getByLabel("Password").count()).toBe(0);
    await typeUsername(page, ada.username);
    expect(new URL(page.url()).pathname).toBe("/login/password");
    await typePassword(page, ada.password);
    expect(new URL(page.url()).pathname).toBe("/login/code");
    expect(site.counters.logins).toBe(0);
    await typeCode(page, await codeOf(ada));

    expect(page.url()).toBe(`${site.url}/statements`);
    expect(site.counters).toEqual({
      logins: 1,
      passwordSubmits: 1,
      passwordsRefused: 0,
      codeSubmits: 1,
      sessionsLive: 1,
    });
    expect(foreign).toEqual([]);
  });

  test("goes without a code for a user who has no second factor, and takes the email in any case", async () => {
    await using site = await startPracticeSite();
    await page.goto(`${site.url}/login`);
    await typeUsername(page, ` ${ben.username.toUpperCase()}`);
    await typePassword(page, ben.password);
    await page.getByRole("heading", { name: `Good day, ${ben.username}` }).waitFor();
    expect(site.counters.codeSubmits).toBe(0);
  });

  test("can have email and password in one form", async () => {
    await using site = await startPracticeSite({ options: { form: "one-page" } });
    await page.goto(`${site.url}/login`);
    await page.getByLabel("Email address").fill(ben.username);
    await typePassword(page, "wrong");
    expect(await alert()).toContain("not right");
    expect(await page.getByLabel("Email address").inputValue()).toBe(ben.username);
    await typePassword(page, ben.password);
    await page.getByRole("heading", { name: "Good day" }).waitFor();
  });

  test("refuses a wrong password in the same words as an unknown email", async () => {
    await using site = await startPracticeSite();
    const refusals: string[] = [];
    for (const username of [ada.username, "nobody@larch.example"]) {
      await page.goto(`${site.url}/login`);
      await typeUsername(page, username);
      await typePassword(page, "wrong");
      refusals.push(await alert());
    }
    expect(refusals[0]).toBe("The email address or password is not right.");
    expect(refusals[1]).toBe(refusals[0]);
    expect(site.counters).toMatchObject({ logins: 0, passwordSubmits: 2, sessionsLive: 0 });
  });

  test("locks the account after so many wrong passwords, the right one then included, until reset", async () => {
    await using site = await startPracticeSite({ options: { lockAfter: 2 } });
    const tryPassword = async (password: string) => {
      await page.goto(`${site.url}/login`);
      await typeUsername(page, ada.username);
      await typePassword(page, password);
    };
    await tryPassword("wrong");
    expect(await alert()).toContain("not right");
    await tryPassword("wrong too");
    expect(await alert()).toContain("locked");
    await tryPassword(ada.password);
    expect(await alert()).toContain("locked");

    site.reset();
    expect(site.counters.passwordSubmits).toBe(0);
    await signInByHand(page, site);
  });

  test("a right password clears the count of wrong ones", async () => {
    await using site = await startPracticeSite({ options: { lockAfter: 2 } });
    for (let round = 0; round < 2; round += 1) {
      await page.goto(`${site.url}/login`);
      await typeUsername(page, ada.username);
      await typePassword(page, "wrong");
      await typePassword(page, ada.password);
      expect(new URL(page.url()).pathname).toBe("/login/code");
    }
  });

  test("refuses a wrong code and says so, and takes the right one after it", async () => {
    await using site = await startPracticeSite();
    await page.goto(`${site.url}/login`);
    await typeUsername(page, ada.username);
    await typePassword(page, ada.password);
    const right = await codeOf(ada);
    await typeCode(page, right === "000000" ? "000001" : "000000");
    expect(await alert()).toContain("code is not right");
    await typeCode(page, "letters");
    expect(await alert()).toContain("code is not right");
    await typeCode(page, `${right.slice(0, 3)} ${right.slice(3)}`);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(site.counters).toMatchObject({ logins: 1, codeSubmits: 3 });
  });

  test("accepts the present code and the one before, each once and never backwards", async () => {
    // Steps of ten minutes, so that none ends while the test runs.
    const user = { ...ada, totpPeriodSeconds: 600 };
    await using site = await startPracticeSite({ users: [user] });
    const now = Date.now() / 1000;
    const tryCode = async (code: string) => {
      await page.goto(`${site.url}/login`);
      await typeUsername(page, user.username);
      await typePassword(page, user.password);
      await typeCode(page, code);
      if ((await page.getByRole("alert").count()) > 0) return "refused";
      await page.getByRole("button", { name: "Sign out" }).click();
      return "accepted";
    };
    const [older, before, present] = await Promise.all(
      [now - 1_200, now - 600, now].map((epoch) => codeOf(user, epoch)),
    );
    expect(await tryCode(older ?? "")).toBe("refused");
    expect(await tryCode(before ?? "")).toBe("accepted");
    expect(await tryCode(before ?? "")).toBe("refused");
    expect(await tryCode(present ?? "")).toBe("accepted");
    expect(await tryCode(present ?? "")).toBe("refused");
    expect(await tryCode(before ?? "")).toBe("refused");
  });

  test("accepts a code for as long after it was shown as its user's tolerance says, and no longer", async () => {
    const user = { ...ada, totpPeriodSeconds: 10, totpToleranceSeconds: 600 };
    await using site = await startPracticeSite({ users: [user] });
    await page.goto(`${site.url}/login`);
    await typeUsername(page, user.username);
    await typePassword(page, user.password);
    await typeCode(page, await codeOf(user, Date.now() / 1000 - 620));
    expect(await alert()).toContain("code is not right");
    await typeCode(page, await codeOf(user, Date.now() / 1000 - 300));
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  });

  test("lets one code through once when it is sent twice at the same moment", async () => {
    await using site = await startPracticeSite();
    const other = await browser.newPage();
    for (const visitor of [page, other]) {
      await visitor.goto(`${site.url}/login`);
      await typeUsername(visitor, ada.username);
      await typePassword(visitor, ada.password);
    }
    const code = await codeOf(ada);
    await Promise.all([typeCode(page, code), typeCode(other, code)]);
    await expect.poll(() => site.counters.codeSubmits).toBe(2);
    expect(site.counters.logins).toBe(1);
    await other.context().close();
  });

  test("speaks other kinds of codes too", async () => {
    const user = { ...ada, totpDigits: 8, totpAlgorithm: "sha256" } as const;
    await using site = await startPracticeSite({ users: [user] });
    await signInByHand(page, site);
    expect(site.counters.logins).toBe(1);
  });
});
