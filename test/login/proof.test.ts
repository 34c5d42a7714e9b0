import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSignedIn } from "../../src/login/signed-in.ts";
import { defineSite, type Site } from "../../src/login/site.ts";
import { launchChromium, silent } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, home, page, type Routes, startLoginSite } from "../support/login-site.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const form = `<h1>Log in</h1><form method="post" action="/login"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button>Log in</button></form>`;
const plain: Routes = {
  "GET /login": () => ({ html: page("Log in", form) }),
  "POST /login": (visit, site) => {
    if (site.takePassword(visit)) visit.session.user = ada.username;
    return { redirect: "/home" };
  },
};
const text = "<p>Three orders are open, and two of them are late, which nobody here likes.</p>";

describe("a login is proved", () => {
  test("where the login page shows its form to the signed-in too, by the page the site led to", async () => {
    await using site = await startLoginSite(plain);
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/login` });
    expect(attempt.result).toMatchObject({
      status: "signed_in",
      provedAt: `${site.origin}/home`,
      submits: { password: 1 },
    });
    const check = (sourceUrl: string) =>
      checkSignedIn({ page: attempt.page, sourceUrl, signal: AbortSignal.timeout(20_000), log: silent });
    expect(await check(`${site.origin}/home`)).toMatchObject({ signedIn: true });
    expect(await check(`${site.origin}/login`)).toMatchObject({ signedIn: false });
  });

  test("where the page after it does not tell, by the source page", async () => {
    await using site = await startLoginSite({
      ...plain,
      "POST /login": (visit, site) => {
        if (site.takePassword(visit)) visit.session.user = ada.username;
        return { html: page("One moment", `<h1>Thank you</h1>${text}`) };
      },
    });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
    expect(attempt.result).toMatchObject({
      status: "signed_in",
      url: `${site.origin}/home`,
      provedAt: `${site.origin}/home`,
    });
  });

  test("where the login is kept in the page's memory alone, without opening the page again", async () => {
    await using site = await startLoginSite({
      "GET /app": () => ({
        html: page(
          "Desk",
          `<div id=app>${form.replace('method="post" action="/login"', "")}</div><script>document.querySelector("form").onsubmit = async (event) => { event.preventDefault(); const answer = await fetch("/token", { method: "POST", body: new URLSearchParams(new FormData(event.target)) }); if (answer.ok) app.innerHTML = ${JSON.stringify(`<h1>Desk</h1>${text}`)}; };</script>`,
        ),
      }),
      "POST /token": (visit, site) => (site.takePassword(visit) ? { json: {} } : { status: 401, json: {} }),
    });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/app` });
    expect(attempt.result.status).toBe("signed_in");
    expect(site.requests.filter((request) => request === "GET /app")).toHaveLength(1);
    expect(await attempt.page.textContent("h1")).toBe("Desk");
  });

  test("never by a page that only thanks for the password", async () => {
    await using site = await startLoginSite({
      ...plain,
      "POST /login": (visit, site) => {
        site.takePassword(visit);
        return { html: page("Thanks", `<h1>Thanks</h1>${text}`) };
      },
    });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
    expect(attempt.result).toMatchObject({
      status: "failed",
      failure: { code: "login_unrecognised" },
      submits: { password: 1 },
    });
  });

  test("at once, without a submit, where the session is signed in already", async () => {
    await using site = await startLoginSite({ "GET /home": () => ({ html: home("ada") }) });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
    expect(attempt.result).toMatchObject({ status: "signed_in", submits: { password: 0, code: 0 } });
  });

  test("by the site's own check, where it has one", async () => {
    await using site = await startLoginSite({
      ...plain,
      "GET /home": ({ session }) =>
        session.user === undefined
          ? { redirect: "/login" }
          : { html: page("Home", `<h1 id=greeting>Hello</h1>${text}`) },
    });
    const own = (selector: string): Site => ({
      hosts: [],
      signedIn: (seen) => seen.locator(selector).isVisible(),
    });
    await using right = await attemptLogin({
      browser,
      sourceUrl: `${site.origin}/home`,
      site: own("#greeting"),
    });
    expect(right.result.status).toBe("signed_in");
    await using wrong = await attemptLogin({
      browser,
      sourceUrl: `${site.origin}/home`,
      site: own("#never"),
    });
    expect(wrong.result).toMatchObject({ status: "failed", submits: { password: 1 } });
  });
});

test("a page whose script did not arrive is opened once more", async () => {
  let served = 0;
  await using site = await startLoginSite({
    ...plain,
    "GET /login": () => ({ html: page("Log in", `<div id=app></div><script src="/app.js"></script>`) }),
    "GET /app.js": () => {
      served += 1;
      return served === 1
        ? {
            status: 200,
            headers: { "content-length": "999999", "content-type": "text/javascript" },
            html: "app",
          }
        : { headers: { "content-type": "text/javascript" }, html: `app.innerHTML = ${JSON.stringify(form)}` };
    },
  });
  await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
  expect(attempt.result).toMatchObject({ status: "signed_in", submits: { password: 1 } });
  expect(served).toBe(2);
});

test("a page that shows a fresh login is used as it is, not loaded again", async () => {
  await using site = await startLoginSite(plain);
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`${site.origin}/home`);
  await using attempt = await attemptLogin({ browser, page: tab, sourceUrl: `${site.origin}/home` });
  expect(attempt.result.status).toBe("signed_in");
  expect(site.requests.filter((request) => request === "GET /login")).toHaveLength(1);
});

describe("a site's own login", () => {
  const wizard: Routes = {
    "GET /login": () => ({
      html: page(
        "Log in",
        `<canvas></canvas><div id=a><input id=who><input id=pw><span id=go tabindex=0>→</span></div><script>go.onclick = async () => { await fetch("/login", { method: "POST", body: new URLSearchParams({ username: who.value, password: pw.value }) }); location.href = "/home"; }</script>`,
      ),
    }),
    "POST /login": (visit, site) => {
      if (site.takePassword(visit)) visit.session.user = ada.username;
      return { json: {} };
    },
  };
  const own = (times: number) =>
    defineSite({
      hosts: [],
      async login({ page: tab, type }) {
        await type("username", "#who");
        for (let time = 0; time < times; time++) await type("password", "#pw");
        await tab.click("#go");
        await tab.waitForURL("**/home");
      },
    });

  test("signs in without ever seeing a value, and is proved like any other", async () => {
    await using site = await startLoginSite(wizard);
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home`, site: own(1) });
    expect(attempt.result).toMatchObject({ status: "signed_in", submits: { password: 1, code: 0 } });
  });

  test("cannot type the password twice", async () => {
    await using site = await startLoginSite(wizard);
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home`, site: own(2) });
    expect(attempt.result).toMatchObject({ status: "failed", failure: { code: "login_unrecognised" } });
    expect(site.submits.password).toBe(0);
  });
});
