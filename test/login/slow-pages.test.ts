import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, page, type Routes, startLoginSite } from "../support/login-site.ts";
import { explain, onePage, plainForm } from "../support/page-shapes.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const slowMs = 20_000;

/** What takes twenty seconds, each in its own way. */
const slow: [string, Routes][] = [
  [
    "with its login page",
    { ...onePage(""), "GET /login": () => ({ delayMs: slowMs, html: page("Sign in", plainForm) }) },
  ],
  [
    "to check the password",
    {
      ...onePage(plainForm),
      "POST /login": (visit, site) => {
        if (site.takePassword(visit)) visit.session.user = ada.username;
        return { delayMs: slowMs, redirect: "/home" };
      },
    },
  ],
  [
    "to check the password that a script sent, its button spinning meanwhile",
    {
      ...onePage(
        `<form id=f><label>User name <input name=username></label><label>Password <input type=password name=password></label><button>Log in</button></form><script>f.onsubmit = async (event) => { event.preventDefault(); f.querySelector("button").disabled = true; const answer = await fetch("/login", { method: "POST", body: new URLSearchParams(new FormData(f)) }); location.href = answer.url; };</script>`,
      ),
      "POST /login": (visit, site) => {
        if (site.takePassword(visit)) visit.session.user = ada.username;
        return { delayMs: slowMs, redirect: "/home" };
      },
    },
  ],
  [
    "with the settings its script draws the login by, a spinner shown meanwhile",
    {
      ...onePage(
        `<div id="app"><div class="spinner" style="width:40px;height:40px"></div></div><script>fetch("/settings").then((answer) => answer.json()).then(({ form }) => { app.innerHTML = form; });</script>`,
      ),
      "GET /settings": () => ({ delayMs: slowMs, json: { form: plainForm } }),
    },
  ],
  [
    "with the script that draws the login",
    {
      ...onePage(`<div id="app"></div><script src="/app.js"></script>`),
      "GET /app.js": () => ({
        delayMs: slowMs,
        html: `app.innerHTML = ${JSON.stringify(plainForm)};`,
        headers: { "content-type": "text/javascript" },
      }),
    },
  ],
];

describe.concurrent("a login succeeds at a site that takes twenty seconds", () => {
  test.each(slow)("%s", { timeout: 60_000 }, async (_name, routes) => {
    await using site = await startLoginSite(routes);
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
    expect(attempt.result, explain(attempt.result, site).steps.join("\n")).toMatchObject({
      status: "signed_in",
    });
    expect(site.submits.password).toBe(1);
  });
});
