import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, home, page, type Routes, startLoginSite } from "../support/login-site.ts";
import { explain, onePage, plainForm } from "../support/page-shapes.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** The authorization endpoint asks for consent after the login, and leads back once it is given. */
const authorizing = (body: string, lang = "en"): Routes => ({
  ...onePage(plainForm),
  "POST /login": (visit, site) => {
    visit.session.passwordAccepted = site.takePassword(visit);
    return { redirect: visit.session.passwordAccepted ? "/oauth2/consent" : "/login?error" };
  },
  "GET /oauth2/consent": () => ({ html: page("Acme", body, { lang }) }),
  "POST /oauth2/consent": ({ session, form }, site) => {
    if (form.get("a") !== "yes") {
      site.submits.other += 1;
      return { html: page("access_denied", "<h1>The request was denied</h1>") };
    }
    if (session.passwordAccepted === true) session.user = ada.username;
    return { redirect: "/home" };
  },
});
const ask = (heading: string, scopes: string[], deny: string, allow: string, rest = "") =>
  `<h1>${heading}</h1><ul>${scopes.map((scope) => `<li>${scope}</li>`).join("")}</ul><form method="post" action="/oauth2/consent"><button name="a" value="no">${deny}</button><button name="a" value="yes">${allow}</button>${rest}</form>`;

const screens: [string, string, string?][] = [
  ["with a verb", ask("Acme wants to access your account", ["Read your name"], "Cancel", "Allow")],
  [
    "as code hosts show it, its button waking late",
    ask(
      "Authorize Acme Reports",
      ["Verify your identity", "Read your e-mail addresses"],
      "Cancel",
      "Authorize acme-inc",
      "<script>const b = document.querySelector('[value=yes]'); b.disabled = true; setTimeout(() => { b.disabled = false; }, 1200);</script>",
    ),
  ],
  [
    "with permissions requested and accepted",
    ask(
      "Permissions requested",
      ["Sign you in and read your profile", "Maintain access to data you have given it access to"],
      "Cancel",
      "Accept",
      "<p>Accepting these permissions means that you allow this app to use your data as specified in their terms of service.</p>",
    ),
  ],
  [
    "with a box per scope and a box to remember",
    `<h1>An application requests access to your data!</h1><form method="post" action="/oauth2/consent"><p>Hi ada@example.test, application <strong>Acme</strong> wants access resources on your behalf and to:</p><label><input type="checkbox" name="grant_scope" value="openid" checked> openid</label><label><input type="checkbox" name="grant_scope" value="offline" checked> offline</label><label><input type="checkbox" name="remember" value="1"> Do not ask me again</label><input type="hidden" name="a" id="a"><input type="submit" value="Allow access" onclick="a.value='yes'"><input type="submit" value="Deny access"></form>`,
  ],
  [
    "with yes and no",
    ask(
      "Grant Access to Acme",
      ["User profile", "Email address"],
      "No",
      "Yes",
      "<p>Do you grant these access privileges?</p>",
    ),
  ],
  [
    "whose way on is called Continue",
    ask(
      "Acme is requesting access to your Example account",
      ["See your e-mail address"],
      "Cancel",
      "Continue",
    ),
  ],
  [
    "in German",
    ask("Acme möchte auf Ihr Konto zugreifen", ["Ihren Namen lesen"], "Ablehnen", "Zulassen"),
    "de",
  ],
  [
    "in German, as permissions",
    ask("Angeforderte Berechtigungen", ["Profil anzeigen"], "Abbrechen", "Akzeptieren"),
    "de",
  ],
  [
    "in French",
    ask("Acme souhaite accéder à votre compte", ["Lire votre nom"], "Refuser", "Autoriser"),
    "fr",
  ],
  ["in Spanish", ask("Acme solicita acceso a tu cuenta", ["Ver tu nombre"], "Cancelar", "Permitir"), "es"],
  ["in Portuguese", ask("Acme deseja acessar sua conta", ["Ver seu nome"], "Cancelar", "Permitir"), "pt"],
  [
    "in Italian",
    ask("Acme vuole accedere al tuo account", ["Leggere il tuo nome"], "Annulla", "Consenti"),
    "it",
  ],
  ["in Dutch", ask("Acme wil toegang tot je account", ["Je naam lezen"], "Annuleren", "Toestaan"), "nl"],
  [
    "in Japanese",
    ask("Acmeがアカウントへのアクセスを要求しています", ["名前の表示"], "キャンセル", "許可"),
    "ja",
  ],
  ["in Chinese", ask("Acme 请求访问您的账户", ["读取您的姓名"], "取消", "授权"), "zh"],
];

describe.concurrent("consent is given where an authorization server asks for it after the login,", () => {
  test.each(screens)("%s", async (_name, body, lang) => {
    await using site = await startLoginSite(authorizing(body, lang));
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
    expect(attempt.result, explain(attempt.result, site).steps.join("\n")).toMatchObject({
      status: "signed_in",
    });
    expect(site.submits).toMatchObject({ password: 1, other: 0 });
  });
});

const nags: [string, string, string?][] = [
  [
    "a newer browser",
    `<h1>Get the most out of Acme</h1><p>Turn on notifications?</p><a href="/never">Turn on</a> <a href="/skip">No thanks</a>`,
  ],
  [
    "a phone number, in German",
    `<h1>Konto sichern</h1><p>Fügen Sie eine Telefonnummer hinzu.</p><form method="post" action="/never"><label>Telefonnummer <input type="tel" name="t"></label><button>Hinzufügen</button></form><a href="/skip">Später</a>`,
    "de",
  ],
  [
    "a recovery address, in French",
    `<h1>Sécurisez votre compte</h1><p>Ajoutez une adresse de secours.</p><a href="/never">Ajouter</a> <a href="/skip">Plus tard</a>`,
    "fr",
  ],
  [
    "to stay signed in, in Japanese",
    `<h1>サインインの状態を維持しますか?</h1><form action="/skip"><button formaction="/never">いいえ</button><button>はい</button></form>`,
    "ja",
  ],
  [
    "to stay signed in, in Spanish",
    `<h1>¿Quiere mantener la sesión iniciada?</h1><form action="/skip"><button formaction="/never">No</button><button>Sí</button></form>`,
    "es",
  ],
  [
    "to trust the device",
    `<h1>Trust this browser?</h1><p>You won't be asked for a code next time.</p><a href="/never">Don't trust</a> <button onclick="location='/skip'">Trust this browser</button>`,
  ],
  [
    "to set up an authenticator, with a way to sign out",
    `<h1>Set up two-factor authentication</h1><p>Protect your account with an authenticator app.</p><a href="/never">Set up</a> <a href="/skip">Skip for now</a> <a href="/never">Log out</a>`,
  ],
];

describe.concurrent("a page in between is passed that asks for", () => {
  test.each(nags)("%s", async (_name, body, lang = "en") => {
    await using site = await startLoginSite({
      ...authorizing(body, lang),
      "GET /skip": ({ session }) => {
        if (session.passwordAccepted === true) session.user = ada.username;
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

/** A shop, a broker that asks whose account it is, and the account's own login, each under a name of its own. */
const names = { shop: "shop.acme.localhost", broker: "id.broker.localhost", idp: "login.idp.localhost" };
const federation = (port: () => string): Routes => ({
  "GET /shop": ({ session, query }) => {
    if (query.get("ticket") === "good") session.user = ada.username;
    return session.user === undefined
      ? { redirect: `http://${names.broker}:${port()}/realm` }
      : { html: home(session.user) };
  },
  "GET /realm": () => ({
    html: page(
      "Sign in",
      `<h1>Sign in</h1><p>Enter your work e-mail to find your organisation.</p><form method="post" action="/realm"><label>Work e-mail <input name="username" type="email"></label><button>Continue</button></form>`,
    ),
  }),
  "POST /realm": (_visit, site) => {
    site.submits.username += 1;
    return { redirect: `http://${names.idp}:${port()}/login` };
  },
  "GET /login": () => ({ html: page("Sign in", plainForm) }),
  "POST /login": (visit, site) => ({
    redirect: site.takePassword(visit)
      ? `http://${names.broker}:${port()}/callback`
      : `http://${names.idp}:${port()}/login`,
  }),
  "GET /callback": () => ({
    html: page(
      "Working…",
      `<form method="post" action="http://${names.shop}:${port()}/acs"><input type="hidden" name="SAMLResponse" value="x"><noscript><button>Continue</button></noscript></form><script>document.forms[0].submit()</script>`,
    ),
  }),
  "POST /acs": () => ({ redirect: "/shop?ticket=good" }),
  "GET /framed": ({ session, query }) => {
    if (query.get("ticket") === "good") session.user = ada.username;
    return session.user === undefined
      ? {
          html: page(
            "Shop",
            `<h1>Members only</h1><iframe src="http://${names.idp}:${port()}/frame" width="420" height="320" title="Sign in"></iframe>`,
          ),
        }
      : { html: home(session.user) };
  },
  "GET /frame": () => ({ html: page("Sign in", plainForm.replace("/login", "/frame")) }),
  "POST /frame": (visit, site) => ({
    html: site.takePassword(visit)
      ? page("OK", `<script>top.location = "http://${names.shop}:${port()}/framed?ticket=good"</script>`)
      : page("Sign in", `<p role="alert">Wrong password</p>${plainForm.replace("/login", "/frame")}`),
  }),
});

describe.concurrent("a login that leads over other domains", () => {
  const ways: [string, string, string[], Record<string, unknown>, { password: number; username: number }][] =
    [
      [
        "is followed where both are allowed",
        "/shop",
        ["broker.localhost", "idp.localhost"],
        { status: "signed_in" },
        { password: 1, username: 1 },
      ],
      [
        "ends at the first that is not",
        "/shop",
        ["idp.localhost"],
        { failure: { code: "origin_not_allowed" } },
        { password: 0, username: 0 },
      ],
      [
        "ends at the last that is not",
        "/shop",
        ["broker.localhost"],
        { failure: { code: "origin_not_allowed" } },
        { password: 0, username: 1 },
      ],
      [
        "is filled in a frame of an allowed domain",
        "/framed",
        ["idp.localhost"],
        { status: "signed_in" },
        { password: 1, username: 0 },
      ],
      [
        "is not filled in a frame of another",
        "/framed",
        [],
        { failure: { code: "origin_not_allowed" } },
        { password: 0, username: 0 },
      ],
    ];
  test.each(ways)("%s (%s)", async (_name, path, allowedDomains, result, submits) => {
    let port = "";
    await using site = await startLoginSite(federation(() => port));
    port = new URL(site.origin).port;
    await using attempt = await attemptLogin({
      browser,
      sourceUrl: `${site.at(names.shop)}${path}`,
      allowedDomains,
    });
    expect(attempt.result, explain(attempt.result, site).steps.join("\n")).toMatchObject(result);
    expect(site.submits).toMatchObject({ ...submits, code: 0, other: 0 });
  });
});
