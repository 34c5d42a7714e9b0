import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allowedOrigins, originNotAllowed } from "../../src/login/allowed-origin.ts";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, type LoginSite, page, type Routes, startLoginSite } from "../support/login-site.ts";

describe("credentials may be typed", () => {
  const cases: [allowed: boolean, sourceUrl: string, domains: string[], url: string][] = [
    [true, "https://app.example.com/home", [], "https://app.example.com/login"],
    [true, "https://app.example.com/home", [], "https://login.example.com/"],
    [true, "https://example.co.uk/", [], "https://id.example.co.uk/"],
    [false, "https://example.co.uk/", [], "https://other.co.uk/"],
    [false, "https://example.com/", [], "https://example.com.evil.net/"],
    [false, "https://example.com/", [], "https://notexample.com/"],
    [false, "https://example.com/", [], "http://example.com/login"],
    [false, "https://ada.github.io/", [], "https://eve.github.io/"],
    [true, "https://ada.github.io/", [], "https://ada.github.io/x"],
    [false, "https://example.com/", [], "https://accounts.idp.net/"],
    [true, "https://example.com/", ["idp.net"], "https://accounts.idp.net/"],
    [true, "https://example.com/", ["accounts.idp.net"], "https://login.idp.net/"],
    [true, "http://127.0.0.1:8080/", [], "http://127.0.0.1:9090/"],
    [false, "http://127.0.0.1:8080/", [], "http://localhost:8080/"],
    [true, "http://127.0.0.1:8080/", ["localhost:8080"], "http://localhost:8080/"],
    [true, "http://app.sso.localhost/", [], "http://auth.sso.localhost/"],
    [false, "http://app.localhost/", [], "http://auth.localhost/"],
    [false, "http://192.168.1.4/", [], "http://192.168.1.4/"],
    [true, "https://192.168.1.4/", [], "https://192.168.1.4/"],
    [true, "http://[::1]:3000/", [], "http://[::1]:4000/"],
    [false, "https://example.com/", [], "about:blank"],
    [false, "https://example.com/", [], "data:text/html,<form>"],
    [false, "https://example.com/", [], "chrome-error://chromewebdata/"],
  ];
  test.each(cases)("%s: source %s, domains %j, page %s", (allowed, sourceUrl, domains, url) => {
    expect(allowedOrigins({ sourceUrl, domains })(url)).toBe(allowed);
  });

  test("and the failure names the domain to allow", () => {
    expect(originNotAllowed("https://login.idp.net/x?token=1").message).toContain("idp.net");
    expect(originNotAllowed("https://login.idp.net/x?token=1").message).not.toContain("token");
    expect(originNotAllowed("http://example.com/").message).toContain("https");
  });
});

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A shop whose login lives on another host, which sends the user back with a ticket. */
const singleSignOn = (host: () => string, shop: () => string): Routes => ({
  "GET /home": ({ session, query }) => {
    if (query.get("ticket") === "good") session.user = ada.username;
    return session.user === undefined
      ? { redirect: `${host()}/login` }
      : { html: page("Shop", "<a href=/logout>Sign out</a><h1>Orders</h1>") };
  },
  "GET /login": () => ({
    html: page(
      "Sign in",
      `<form method="post" action="/login"><label>User name<input name="username"></label><label>Password<input type="password" name="password"></label><button>Sign in</button></form>`,
    ),
  }),
  "POST /login": (visit, site) => ({
    redirect: site.takePassword(visit) ? `${shop()}/home?ticket=good` : "/login",
  }),
  "GET /framed": () => ({
    html: page("Shop", `<h1>Shop</h1><iframe src="${host()}/login" width=500 height=300></iframe>`),
  }),
});

const shopWithLoginAt = async (login: string): Promise<LoginSite> => {
  const site: LoginSite = await startLoginSite(
    singleSignOn(
      () => site.at(login),
      () => site.at("shop.localhost"),
    ),
  );
  return site;
};

describe("a login on another host", () => {
  test("is signed in to when it is of the source's own domain", async () => {
    await using site = await shopWithLoginAt("auth.shop.localhost");
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.at("shop.localhost")}/home` });
    expect(attempt.result).toMatchObject({ status: "signed_in", submits: { password: 1 } });
  });

  test("is signed in to when its domain is allowed, by the identity or by the site file", async () => {
    for (const allow of [
      { allowedDomains: ["idp.localhost"] },
      { site: { hosts: [], allowedDomains: ["idp.localhost"] } },
    ]) {
      await using site = await shopWithLoginAt("www.idp.localhost");
      await using attempt = await attemptLogin({
        browser,
        sourceUrl: `${site.at("shop.localhost")}/home`,
        ...allow,
      });
      expect(attempt.result.status).toBe("signed_in");
    }
  });

  test.each(["/home", "/framed"])("is not typed into when its domain is not allowed (%s)", async (start) => {
    await using site = await shopWithLoginAt("www.elsewhere.localhost");
    await using attempt = await attemptLogin({ browser, sourceUrl: site.at("shop.localhost") + start });
    expect(attempt.result).toMatchObject({
      status: "failed",
      failure: { code: "origin_not_allowed" },
      submits: { password: 0, code: 0 },
    });
    expect(site.submits.password).toBe(0);
    const typed = await Promise.all(
      attempt.page
        .frames()
        .map((frame) => frame.$$eval("input", (inputs) => inputs.map((input) => input.value).join(""))),
    );
    expect(typed.join("")).toBe("");
  });
});
