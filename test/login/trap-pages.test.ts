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

/** Fields for robots, all called what a login's own are called. */
const honeypots: [string, string, head?: string][] = [
  [
    "to the left of the page",
    `<div style="position:absolute;left:-5000px"><label>User name <input name="trap" autocomplete="username"></label></div>`,
  ],
  [
    "to the right of the page",
    `<div style="position:absolute;left:9000px"><label>E-mail <input name="trap" type="email"></label></div>`,
  ],
  [
    "above the page",
    `<div style="position:fixed;top:-800px"><label>E-mail <input name="trap" type="email"></label></div>`,
  ],
  [
    "transparent, and not to be clicked",
    `<label style="opacity:0;pointer-events:none;position:absolute">User name <input name="trap"></label>`,
  ],
  [
    "transparent, behind all else",
    `<div style="opacity:0;position:absolute;z-index:-1"><label>User name <input name="trap"></label></div>`,
  ],
  [
    "cut away by clip",
    `<div class="visually-hidden"><label>E-mail address <input name="trap" autocomplete="username"></label></div>`,
    `<style>.visually-hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip:rect(0,0,0,0);white-space:nowrap}</style>`,
  ],
  [
    "cut away by clip-path",
    `<div style="position:absolute;clip-path:inset(50%)"><label>E-mail address <input name="trap"></label></div>`,
  ],
  [
    "in a box without height",
    `<div style="height:0;overflow:hidden"><label>E-mail <input name="trap" type="email"></label></div>`,
  ],
  ["without size", `<input name="trap" placeholder="User name" style="width:0;height:0;border:0;padding:0">`],
  ["shrunk to nothing", `<div style="transform:scale(0)"><input name="trap" placeholder="User name"></div>`],
  [
    "hidden from help and keyboard",
    `<p aria-hidden="true"><label>Website or e-mail <input name="trap" tabindex="-1" autocomplete="off"></label></p>`,
  ],
  [
    "hidden by a class",
    `<p class="hp"><label>E-mail <input name="trap"></label></p>`,
    "<style>.hp{display:none}</style>",
  ],
  ["invisible", `<p style="visibility:hidden"><label>E-mail <input name="trap"></label></p>`],
  [
    "that asks to be left empty",
    `<p><label>Leave this field empty if you are human: <input name="trap" type="email"></label></p>`,
  ],
  [
    "that asks to be left empty, in German",
    `<p><label>Bitte dieses Feld frei lassen: E-Mail <input name="trap"></label></p>`,
  ],
  ["for a password", `<div style="position:absolute;left:-5000px"><input type="password" name="trap"></div>`],
];

describe.concurrent("a field for robots is left alone", () => {
  test.each(honeypots)("%s", async (_name, trap, head = "") => {
    await using site = await startLoginSite({
      "GET /login": () => ({
        html: page(
          "Sign in",
          `<h1>Sign in</h1><form method="post" action="/login"><p><label>Name or e-mail <input name="username"></label></p>${trap}<p><label>Password <input type="password" name="password"></label></p><button>Log in</button></form>`,
          { head },
        ),
      }),
      "POST /login": (visit, site) => {
        if ((visit.form.get("trap") ?? "") !== "") site.submits.other += 1;
        if (site.takePassword(visit)) visit.session.user = ada.username;
        return { redirect: "/home" };
      },
    });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
    expect(attempt.result, explain(attempt.result, site).steps.join("\n")).toMatchObject({
      status: "signed_in",
    });
    expect(site.submits).toMatchObject({ password: 1, other: 0 });
  });
});

const signUp = `<form method="post" action="/never"><h2>Create account</h2><label>Full name <input name="n"></label><label>E-mail <input type="email" name="e"></label><label>Password <input type="password" name="p"></label><label><input type="checkbox" name="terms"> I agree to the terms</label><button>Create account</button></form>`;
const bareForm = `<form method="post" action="/login"><label>E-mail <input name="username" type="email"></label><label>Password <input name="password" type="password"></label><button>Sign in</button></form>`;
const swap = (first: "in" | "up") =>
  `<div role="tablist"><button role="tab" onclick="show('in')">Sign in</button><button role="tab" onclick="show('up')">Register</button></div>
   <div id="in">${bareForm}</div><div id="up">${signUp}</div><script>function show(id) { for (const one of ["in", "up"]) document.getElementById(one).hidden = one !== id; } show("${first}")</script>`;

/** What else a page may have beside the way in, and how else it may look. */
const beside: [string, Routes][] = [
  ["a form to sign up after the login", onePage(plainForm, signUp)],
  ["a form to sign up before the login", onePage(signUp + plainForm)],
  ["a form to sign up in a tab beside", onePage(swap("in"))],
  ["a form to sign up in the tab that is open", onePage(swap("up"))],
  [
    "a form to sign up, with a link to the login that swaps it",
    onePage(
      `<div id="up">${signUp}<p>Already have an account? <a href="#" onclick="up.hidden=true;into.hidden=false">Log in</a></p></div><div id="into" hidden>${bareForm}</div>`,
    ),
  ],
  [
    "a button to register on the login's own form",
    onePage(bareForm.replace("<button>", `<button formaction="/never">Register</button> <button>`)),
  ],
  [
    "a form to change a password beside",
    onePage(
      plainForm,
      `<form method="post" action="/never"><h2>Change password</h2><input name="u" placeholder="User name"><input type="password" name="o" placeholder="Old password"><input type="password" name="a" placeholder="New password"><input type="password" name="b" placeholder="Repeat new password"><button>Change</button></form>`,
    ),
  ],
  [
    "a form for a forgotten password beside",
    onePage(
      `<form method="post" action="/never"><h2>Forgot your password?</h2><label>E-mail <input type="email" name="e" autocomplete="email"></label><button>Send link</button></form>${plainForm}`,
    ),
  ],
  [
    "a form for a magic link before the password",
    onePage(
      `<form method="post" action="/never"><label>E-mail <input type="email" name="e" autocomplete="username"></label><button>E-mail me a sign-in link</button></form><p>or</p>${plainForm}`,
    ),
  ],
  [
    "one address field for logging in and signing up",
    {
      ...onePage("", "", "/password?error"),
      "GET /login": () => ({
        html: page(
          "Log in or sign up",
          `<h1>Log in or sign up</h1><form method="post" action="/identify"><label>E-mail address <input name="username" type="email"></label><button>Continue</button></form><button>Continue with Google</button>`,
        ),
      }),
      "POST /identify": ({ form, session }, site) => {
        site.submits.username += 1;
        session["username"] = form.get("username");
        return { redirect: "/password" };
      },
      "GET /password": ({ query, session }) => ({
        html: page(
          "Log in",
          `<h1>Welcome back</h1>${query.has("error") ? `<p role="alert">Incorrect password</p>` : ""}<form method="post" action="/login"><p>${String(session["username"])} <a href="/login">Edit</a></p><input type="hidden" name="username" value="${String(session["username"])}"><label>Password <input type="password" name="password"></label><button type="button">Show</button><button>Continue</button></form>`,
        ),
      }),
    },
  ],
  [
    "a user name of the type tel",
    onePage(
      `<form method="post" action="/login"><h1>Log in</h1><input type="tel" name="username" placeholder="Phone"><input type="password" name="password" placeholder="Password"><input type="submit" value="Log in"></form>`,
    ),
  ],
  [
    "a customer number in German",
    onePage(
      `<form method="post" action="/login"><h1>Kundenportal</h1><p>Kundennummer</p><input name="username" inputmode="numeric"><p>PIN / Passwort</p><input type="password" name="password"><button>Weiter</button></form>`,
    ),
  ],
  [
    "a button that wakes when a field is left, after a check",
    onePage(
      `<form method="post" action="/login"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button aria-disabled="true" onclick="if (this.getAttribute('aria-disabled') === 'true') event.preventDefault()">Log in</button></form>
       <script>for (const field of document.querySelectorAll("input")) field.addEventListener("change", () => setTimeout(() => { if ([...document.querySelectorAll("input")].every(({ value }) => value)) document.querySelector("button").setAttribute("aria-disabled", "false"); }, 900));</script>`,
    ),
  ],
  [
    "a button that is a div",
    onePage(
      `<div><h2>Log in</h2><input id="u" placeholder="User name"><input id="p" type="password" placeholder="Password"><div class="btn" id="go" tabindex="0">Log in</div></div><script>go.onclick = async () => { const answer = await fetch("/login", { method: "POST", body: new URLSearchParams({ username: u.value, password: p.value }) }); location.href = answer.url; }</script>`,
    ),
  ],
  [
    "fields named by floating labels after them",
    onePage(
      `<h1>Log in</h1><form method="post" action="/login"><div><input name="username" id="f1" placeholder=" "><label for="f1">E-mail</label></div><div><input name="password" type="password" id="f2" placeholder=" "><label for="f2">Password</label><button type="button" aria-label="Show password">👁</button></div><button>Log in</button></form>`,
    ),
  ],
];

describe.concurrent("the login is found, and nothing else is sent, beside", () => {
  test.each(beside)("%s", async (_name, routes) => {
    await using site = await startLoginSite(routes);
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
    expect(attempt.result, explain(attempt.result, site).steps.join("\n")).toMatchObject({
      status: "signed_in",
    });
    expect(site.submits).toMatchObject({ password: 1, other: 0 });
  });

  test.each(beside)("%s, with a wrong password", async (_name, routes) => {
    await using site = await startLoginSite(routes);
    await using attempt = await attemptLogin({
      browser,
      sourceUrl: `${site.origin}/home`,
      password: "wrong",
    });
    expect(attempt.result, explain(attempt.result, site).steps.join("\n")).toMatchObject({
      status: "failed",
      failure: { code: "invalid_credentials" },
    });
    expect(site.submits).toMatchObject({ password: 1, other: 0 });
  });
});

/** Where a site may send a browser whose password was wrong. */
const redirects: [string, Routes, siteMessage?: string][] = [
  [
    "to a page of its own with a way back",
    {
      "GET /failed": () => ({
        html: page("Login failed", `<h1>We could not sign you in</h1><a href="/login">Try again</a>`),
      }),
      ...onePage(plainForm, "", "/failed"),
    },
    "We could not sign you in",
  ],
  [
    "to the landing page, without a word",
    {
      ...onePage(plainForm, "", "/welcome"),
      "GET /welcome": () => ({
        html: page(
          "Acme",
          `<nav><a href="/prices">Prices</a> <a href="/login">Sign in</a></nav><h1>Welcome to Acme</h1><p>The best tool there is for what it does.</p>`,
        ),
      }),
    },
  ],
  [
    "to the login, whose script says why a while later",
    onePage(
      `${plainForm}<p id="m"></p><script>if (location.search) { history.replaceState(null, "", "/login"); setTimeout(() => { m.textContent = "Your password is incorrect."; }, 900); }</script>`,
    ),
    "Your password is incorrect.",
  ],
];

describe.concurrent("a wrong password is known where the site leads", () => {
  test.each(redirects)("%s", async (_name, routes, siteMessage) => {
    const ownWords: Routes =
      siteMessage === "Your password is incorrect."
        ? {
            "GET /login": async (visit, site) => {
              const shown = await (routes["GET /login"]?.(visit, site) ?? {});
              return { html: (shown.html ?? "").replace(/<p class="error">.*?<\/p>/, "") };
            },
          }
        : {};
    await using site = await startLoginSite({ ...routes, ...ownWords });
    await using attempt = await attemptLogin({
      browser,
      sourceUrl: `${site.origin}/home`,
      password: "wrong",
    });
    const { result } = attempt;
    expect(result, explain(result, site).steps.join("\n")).toMatchObject({
      status: "failed",
      failure: { code: "invalid_credentials" },
      ...(siteMessage !== undefined && { siteMessage }),
    });
    expect(site.submits.password).toBe(1);
  });
});
