import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSignedIn } from "../../src/login/signed-in.ts";
import type { Site } from "../../src/login/site.ts";
import { launchChromium, silent } from "../support/chromium.ts";
import { type Answer, home, page, startLoginSite } from "../support/login-site.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const check = (tab: Page, sourceUrl: string, site?: Site) =>
  checkSignedIn({ page: tab, sourceUrl, site, signal: AbortSignal.timeout(30_000), log: silent });

const paragraph = "<p>Plenty of text that says nothing about who is looking at it, as pages have.</p>";
const login = `<form method=post action=/login><label>User name<input name=username></label><label>Password<input type=password name=password></label><button>Sign in</button></form>`;
const later = (html: string, ms: number, first = "") =>
  `<div id=app>${first}</div><script>setTimeout(() => { app.innerHTML = ${JSON.stringify(html)}; }, ${ms})</script>`;

const judged: [signedIn: boolean, name: string, answer: Answer][] = [
  [true, "a page with a way to sign out", { html: home("ada") }],
  [
    true,
    "a way to sign out in a menu that is not open",
    {
      html: page(
        "Desk",
        `<button>Ada</button><ul hidden><li><a href=/logout>Sign out</a></li></ul>${paragraph}`,
      ),
    },
  ],
  [
    true,
    "a way to sign out in a language nobody here knows, by its address",
    { html: page("Töölaud", `<a href="/session/logout">Välju</a>${paragraph}`) },
  ],
  [
    true,
    "a signed-in user's settings, with password fields",
    {
      html: page(
        "Settings",
        `<a href=/logout>Sign out</a><form><label>Current password<input type=password></label><label>New password<input type=password></label><button>Save</button></form>`,
      ),
    },
  ],
  [
    true,
    "a form for one more user's name and password, in a signed-in user's page",
    {
      html: page(
        "Users",
        `<a href=/logout>Log out</a><h2>Add a user</h2><form><label>User name<input></label><label>Password<input type=password></label><button>Add user</button></form>`,
      ),
    },
  ],
  [
    true,
    "a page that says nothing, but has no login either",
    { html: page("Report", `<h1>Report</h1>${paragraph}`) },
  ],
  [
    true,
    "an article about how to log in",
    { html: page("Login help", `<h1>How to log in</h1>${paragraph}`) },
  ],
  [
    true,
    "an app that shows its content late",
    { html: page("App", later(`<button>Log out</button>${paragraph}`, 900)) },
  ],
  [
    true,
    "an app that offers to sign in for a moment, until it knows better",
    {
      html: page(
        "App",
        later(`<button>Log out</button>${paragraph}`, 120, `<button>Sign in</button>${paragraph}`),
      ),
    },
  ],
  [false, "a login form", { html: page("Sign in", login) }],
  [
    false,
    "a landing page with a link to sign in",
    { html: page("Acme", `<a href=/login>Sign in</a><a href=/signup>Sign up</a>${paragraph}`) },
  ],
  [
    false,
    "a landing page with a button, in French",
    { html: page("Acme", `<button>Se connecter</button>${paragraph}`, { lang: "fr" }) },
  ],
  [
    false,
    "a user name asked for first",
    {
      html: page(
        "Sign in",
        `<h1>Sign in</h1><form><label>E-mail<input type=email autocomplete=username></label><button>Next</button></form>`,
      ),
    },
  ],
  [
    false,
    "a code asked for, beside a way to sign out",
    {
      html: page(
        "Verify",
        `<a href=/logout>Log out</a><h1>Two-step verification</h1><form><label>Verification code<input></label><button>Verify</button></form>`,
      ),
    },
  ],
  [
    false,
    "a page of status 401",
    { status: 401, html: page("Unauthorized", `<h1>Unauthorized</h1>${paragraph}`) },
  ],
  [false, "a page of status 403", { status: 403, html: page("Forbidden", `<h1>Forbidden</h1>${paragraph}`) }],
  [false, "an app that shows its login late", { html: page("App", later(login, 900)) }],
  [
    false,
    "an app whose data is refused",
    { html: page("App", `<h1>Orders</h1>${paragraph}<script>fetch("/data")</script>`) },
  ],
  [
    false,
    "HTTP authentication",
    { status: 401, headers: { "www-authenticate": 'Basic realm="x"' }, html: "" },
  ],
  [false, "a redirect to a login without a form", { redirect: "/sso/login" }],
];

describe("a page is judged", () => {
  test.concurrent.each(judged)("%s for %s", async (signedIn, _name, answer) => {
    await using site = await startLoginSite({
      "GET /page": () => answer,
      "GET /data": () => ({ status: 401, json: {} }),
      "GET /sso/login": () => ({
        html: page("Choose", `<h1>Choose how to go on</h1><a href=/x>Google</a>${paragraph}`),
      }),
    });
    const context = await browser.newContext();
    try {
      expect(await check(await context.newPage(), `${site.origin}/page`)).toMatchObject({ signedIn });
    } finally {
      await context.close();
    }
  });
});

test("the site's own check wins", async () => {
  await using site = await startLoginSite({ "GET /page": () => ({ html: home("ada") }) });
  const tab = await browser.newPage();
  const own: Site = { hosts: [], signedIn: (seen) => seen.locator("#never").isVisible() };
  expect(await check(tab, `${site.origin}/page`, own)).toEqual({
    signedIn: false,
    reason: "the site's own check says no",
  });
  await tab.close();
});

test("a server error is the site's trouble, not a session that ended", async () => {
  await using site = await startLoginSite({
    "GET /page": () => ({ status: 503, html: page("Down", "<h1>Maintenance</h1>") }),
  });
  const tab = await browser.newPage();
  await expect(check(tab, `${site.origin}/page`)).rejects.toMatchObject({ code: "site_error" });
  await tab.close();
});

test("on a plain page the check takes a small multiple of opening it, however busy the machine", async () => {
  await using site = await startLoginSite({ "GET /page": () => ({ html: home("ada") }) });
  const tab = await browser.newPage();
  const bare: number[] = [];
  const checked: number[] = [];
  for (let round = 0; round < 12; round++) {
    for (const [times, work] of [
      [bare, () => tab.goto(`${site.origin}/page`)],
      [checked, () => check(tab, `${site.origin}/page`)],
    ] as const) {
      const startedAt = performance.now();
      await work();
      times.push(performance.now() - startedAt);
    }
  }
  await tab.close();
  const median = (times: number[]) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
  // One and a half to two and a half; a check that waits for a time of its own would be ten and more.
  expect(median(checked) / median(bare)).toBeLessThan(6);
});
