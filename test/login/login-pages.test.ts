import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, page, type Routes, startLoginSite } from "../support/login-site.ts";
import { codeForm, explain, onePage, passwordThenCode, plainForm } from "../support/page-shapes.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const split = (
  script: string,
) => `<h1>Enter the code from your authenticator app</h1><form method="post" action="/code" id="f">
  ${Array.from({ length: 6 }, (_, at) => `<input class="box" maxlength="1" inputmode="numeric" size="1" style="width:40px;height:44px" aria-label="Digit ${at + 1}">`).join("")}
  <input type="hidden" name="code" id="all"><button>Verify</button></form>
  <script>const boxes=[...document.querySelectorAll(".box")], all=document.getElementById("all"), form=document.getElementById("f");
  boxes.forEach((box, at) => box.addEventListener("input", () => { all.value = boxes.map((b) => b.value).join(""); boxes[at + 1]?.focus(); ${script} }));</script>`;

const react = (body: string) => `<div id="app"></div><script>${body}</script>`;

interface Shape {
  name: string;
  routes: Routes;
  start?: string;
  codes?: number;
  custom?: Record<string, string>;
}

const shapes: Shape[] = [
  { name: "a form on one page", routes: onePage(plainForm) },
  {
    name: "a form without labels, names or a form tag, sent by Enter",
    routes:
      onePage(`<div><p>Member login</p><input id="u" placeholder="Username"><input id="p" type="password" placeholder="Password"></div>
      <script>document.getElementById("p").addEventListener("keydown", async (event) => { if (event.key !== "Enter") return;
        const answer = await fetch("/login", { method: "POST", body: new URLSearchParams({ username: document.getElementById("u").value, password: document.getElementById("p").value }) }); location.href = answer.url; });</script>`),
  },
  {
    name: "a user name first, the password on the next page",
    routes: {
      ...onePage("", "", "/password?error"),
      "GET /login": () => ({
        html: page(
          "Sign in",
          `<h1>Sign in</h1><form method="post" action="/identify"><label>Email or phone <input name="username" autocomplete="username"></label><button>Next</button></form>`,
        ),
      }),
      "POST /identify": ({ form, session }, site) => {
        site.submits.username += 1;
        session["username"] = form.get("username");
        return { redirect: "/password" };
      },
      "GET /password": ({ session, query }) => ({
        html: page(
          "Welcome",
          `<h1>Welcome</h1>${query.has("error") ? "<span style='color:#d00'>Wrong password. Try again.</span>" : ""}<form method="post" action="/login"><input name="username" value="${String(session["username"])}" readonly><label>Enter your password <input type="password" name="password"></label><button>Next</button></form>`,
        ),
      }),
    },
  },
  { name: "a code after the password", routes: passwordThenCode(codeForm), codes: 1 },
  { name: "a code in six boxes", routes: passwordThenCode(split("")), codes: 1 },
  {
    name: "a code in six boxes that send themselves",
    routes: passwordThenCode(split("if (all.value.length === 6) form.submit();")),
    codes: 1,
  },
  {
    name: "a code field that sends itself at the last digit",
    routes:
      passwordThenCode(`<form method="post" action="/code"><label>Security code <input name="code" maxlength="6"></label></form>
      <script>document.querySelector("input").addEventListener("input", (event) => { if (event.target.value.length === 6) event.target.form.requestSubmit(); });</script>`),
    codes: 1,
  },
  {
    name: "user name, password and code on one form",
    routes: {
      ...onePage(
        `<form method="post" action="/login"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><label>2FA code <input name="code"></label><button>Log in</button></form>`,
      ),
      "POST /login": (visit, site) => {
        if (!site.takePassword(visit) || !site.takeCode(visit)) return { redirect: "/login?error" };
        visit.session.user = ada.username;
        return { redirect: "/home" };
      },
    },
    codes: 1,
  },
  {
    name: "an app that keeps its address and its token in localStorage",
    start: "/app",
    routes: {
      "GET /app": () => ({
        html: page(
          "Shop",
          react(`
          const app = document.getElementById("app");
          const inside = () => { app.innerHTML = "<header><button onclick='localStorage.clear();location.reload()'>Log out</button></header><h1>Your orders</h1><p>Nothing was ordered yet, and nothing is on its way.</p>"; };
          const outside = () => { app.innerHTML = "<h2>Log in</h2><input id=u placeholder='User name'><input id=p type=password placeholder=Password><button id=go disabled>Log in</button><p id=e style='color:#c00'></p>";
            const u = app.querySelector("#u"), p = app.querySelector("#p"), go = app.querySelector("#go");
            app.addEventListener("input", () => { go.disabled = !(u.value && p.value); });
            go.onclick = async () => { go.disabled = true; const answer = await fetch("/token", { method: "POST", body: new URLSearchParams({ username: u.value, password: p.value }) });
              if (answer.ok) { localStorage.token = (await answer.json()).token; setTimeout(inside, 300); } else setTimeout(() => { app.querySelector("#e").textContent = "Login failed"; go.disabled = false; }, 400); }; };
          setTimeout(() => (localStorage.token ? inside() : outside()), 150);`),
        ),
      }),
      "POST /token": (visit, site) =>
        site.takePassword(visit) ? { json: { token: "t" } } : { status: 401, json: { error: "no" } },
    },
  },
  {
    name: "a login in a dialog that a button opens",
    start: "/shop",
    routes: {
      "GET /shop": ({ session, query }) => ({
        html: page(
          "Shop",
          session.user !== undefined
            ? `<header><a href="/logout">Log out</a></header><h1>Shop</h1><p>Everything for the garden, delivered in two days.</p>`
            : `<header><input type="search" placeholder="Search the shop"><button id="open">Log in</button></header><h1>Shop</h1><p>Everything for the garden, delivered in two days.</p>
             <dialog id="d"><h2>Log in</h2>${query.has("error") ? "<p class=error>Wrong password</p>" : ""}<form method="post" action="/login"><label>User name<input name="username"></label><label>Password<input type="password" name="password"></label><button type="button" onclick="d.close()">Cancel</button><button>Log in</button></form></dialog>
             <script>document.getElementById("open").onclick = () => d.showModal(); ${query.has("error") ? "d.showModal()" : ""}</script>`,
        ),
      }),
      "POST /login": (visit, site) => {
        if (!site.takePassword(visit)) return { redirect: "/shop?error" };
        visit.session.user = ada.username;
        return { redirect: "/shop" };
      },
    },
  },
  {
    name: "a search box first, sign-up and newsletter beside",
    routes: onePage(
      `<form action="/never" role="search"><input name="q" placeholder="Search"><button>Go</button></form>
       <form method="post" action="/never"><h2>New here? Create an account</h2><input name="email" placeholder="E-mail"><input type="password" name="a" placeholder="Password"><input type="password" name="b" placeholder="Repeat password"><button>Sign up</button></form>
       <h2>Already a customer?</h2>${plainForm}`,
      `<form method="post" action="/never"><label>Newsletter <input type="email" name="mail" placeholder="Your e-mail"></label><button>Subscribe</button></form>`,
    ),
  },
  {
    name: "a sign-up form with one password, before the login",
    routes: onePage(
      `<form method="post" action="/never"><h2>Register</h2><input name="email" type="email" placeholder="E-mail"><input type="password" name="a" autocomplete="new-password" placeholder="Choose a password"><button>Create account</button></form>${plainForm}`,
    ),
  },
  {
    name: "hidden fields that catch robots",
    routes: {
      ...onePage(""),
      "GET /login": ({ query }) => ({
        html: page(
          "Sign in",
          `${query.has("error") ? "<p class=error>Wrong password</p>" : ""}<form method="post" action="/login">
        <div style="position:absolute;left:-9999px"><label>Username <input name="trap1" autocomplete="username"></label></div>
        <div style="height:0;overflow:hidden"><label>E-mail <input name="trap2" tabindex="-1" style="opacity:0;position:absolute;pointer-events:none"></label></div>
        <input type="password" name="trap3" style="display:none"><input name="trap4" aria-hidden="true" tabindex="-1" style="width:1px;height:1px;border:0;padding:0">
        <label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button>Log in</button></form>`,
        ),
      }),
      "POST /login": (visit, site) => {
        const caught = ["trap1", "trap2", "trap3", "trap4"].some(
          (name) => (visit.form.get(name) ?? "") !== "",
        );
        if (caught || !site.takePassword(visit)) return { redirect: "/login?error" };
        visit.session.user = ada.username;
        return { redirect: "/home" };
      },
    },
  },
  {
    name: "a button that is enabled late, by key strokes",
    routes:
      onePage(`<form method="post" action="/login"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button disabled>Log in</button></form>
      <script>document.addEventListener("keyup", () => setTimeout(() => { document.querySelector("button").disabled = false; }, 400));</script>`),
  },
  {
    name: "a form that code fills with life late and empties",
    routes:
      onePage(`<form method="post" action="/login"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button>Log in</button></form>
      <script>let once = false; document.addEventListener("input", () => { if (once) return; once = true; setTimeout(() => document.querySelector("form").reset(), 0); });</script>`),
  },
  {
    name: "a button that thinks for seconds before it sends the form",
    routes: onePage(
      plainForm,
      `<script>document.querySelector("form button").addEventListener("click", () => { const since = Date.now(); while (Date.now() - since < 2_500); })</script>`,
    ),
  },
  {
    name: "a form far down the page",
    routes: onePage(`<div style="height: 3000px"></div>${plainForm}`),
  },
  {
    name: "a form that is still sliding in",
    routes: onePage(
      `<style>form { animation: in 1.2s linear } @keyframes in { from { transform: translateY(400px) } }</style>${plainForm}`,
    ),
  },
  {
    name: "fields whose focus goes elsewhere at first",
    routes: onePage(
      plainForm,
      `<input id="else" aria-label="Search"><script>for (const field of document.querySelectorAll("form input")) field.addEventListener("focus", () => document.getElementById("else").focus(), { once: true })</script>`,
    ),
  },
  {
    name: "a login in a frame",
    routes: {
      ...onePage(plainForm),
      "GET /login": ({ query }) => ({
        html: page(
          "Members",
          `<h1>Members</h1><iframe src="/frame${query.has("error") ? "?error" : ""}" width="500" height="300"></iframe>`,
        ),
      }),
      "GET /frame": ({ query }) => ({
        html: page(
          "Sign in",
          (query.has("error") ? "<p role=alert>Wrong password</p>" : "") +
            plainForm.replace('action="/login"', 'action="/login" target="_top"'),
        ),
      }),
    },
  },
  {
    name: "a login in open shadow roots",
    routes: onePage(`<my-login></my-login><script>
      customElements.define("my-field", class extends HTMLElement { connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = "<label>" + this.getAttribute("label") + " <input type='" + this.getAttribute("type") + "'></label>"; } get value() { return this.shadowRoot.querySelector("input").value; } });
      customElements.define("my-login", class extends HTMLElement { connectedCallback() { const root = this.attachShadow({ mode: "open" });
        root.innerHTML = "<my-field label='User name' type='text'></my-field><my-field label='Password' type='password'></my-field><button>Log in</button>";
        root.querySelector("button").onclick = async () => { const [u, p] = root.querySelectorAll("my-field"); const answer = await fetch("/login", { method: "POST", body: new URLSearchParams({ username: u.value, password: p.value }) }); location.href = answer.url; }; } });
    </script>`),
  },
  {
    name: "a landing page with a link to sign in",
    start: "/welcome",
    routes: {
      ...onePage(plainForm),
      "GET /welcome": ({ session }) =>
        session.user === undefined
          ? {
              html: page(
                "Acme",
                `<nav><a href="/prices">Prices</a> <a href="/login">Sign in</a> <a href="/signup">Sign up free</a></nav><h1>Welcome to Acme</h1><p>The best tool there is for what it does.</p>`,
              ),
            }
          : { redirect: "/home" },
    },
  },
  {
    name: "a cookie banner over the form",
    routes: onePage(
      `${plainForm}<div id="banner" style="position:fixed;inset:0;background:#fffe"><p>We use cookies to make this site better.</p><button onclick="banner.remove()">Reject all</button><button onclick="banner.remove()">Accept all</button></div>`,
    ),
  },
  {
    name: "a question whether to stay signed in",
    routes: {
      ...onePage(plainForm),
      "POST /login": (visit, site) => {
        visit.session.passwordAccepted = site.takePassword(visit);
        return { redirect: visit.session.passwordAccepted ? "/stay" : "/login?error" };
      },
      "GET /stay": () => ({
        html: page(
          "Stay signed in?",
          `<h1>Stay signed in?</h1><p>Do this to reduce the number of times you are asked to sign in.</p><form method="post" action="/stay"><label><input type="checkbox" name="x"> Don't show this again</label><button name="a" value="no">No</button><button name="a" value="yes">Yes</button></form>`,
        ),
      }),
      "POST /stay": ({ session }) => {
        if (session.passwordAccepted === true) session.user = ada.username;
        return { redirect: "/home" };
      },
    },
  },
  {
    name: "a choice of second factors",
    routes: {
      ...passwordThenCode(codeForm),
      "POST /login": (visit, site) => {
        visit.session.passwordAccepted = site.takePassword(visit);
        return { redirect: visit.session.passwordAccepted ? "/choose" : "/login?error" };
      },
      "GET /choose": () => ({
        html: page(
          "Verify it's you",
          `<h1>Choose how to verify</h1><ul><li><a href="/never">Text message to •••42</a></li><li><a href="/never">Use a backup code</a></li><li><a href="/code">Use an authenticator app</a></li></ul>`,
        ),
      }),
    },
    codes: 1,
  },
  {
    name: "a passkey first, with a way to the password",
    routes: {
      ...onePage("", "", "/password?error"),
      "GET /login": () => ({
        html: page(
          "Sign in",
          `<h1>Sign in with your passkey</h1><button>Continue with passkey</button><a href="/password">Use your password instead</a>`,
        ),
      }),
      "GET /password": ({ query }) => ({
        html: page("Sign in", `${query.has("error") ? "<p class=error>Wrong password</p>" : ""}${plainForm}`),
      }),
    },
  },
  {
    name: "a field of the site's own beside user name and password",
    routes: {
      ...onePage(
        `<form method="post" action="/login"><label>Company <input name="company"></label><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button>Log in</button></form>`,
      ),
      "POST /login": (visit, site) => {
        if (!site.takePassword(visit) || visit.form.get("company") !== "acme")
          return { redirect: "/login?error" };
        visit.session.user = ada.username;
        return { redirect: "/home" };
      },
    },
    custom: { company: "acme" },
  },
  {
    name: "a consent screen of an authorization server",
    routes: {
      ...onePage(plainForm),
      "POST /login": (visit, site) => {
        visit.session.passwordAccepted = site.takePassword(visit);
        return { redirect: visit.session.passwordAccepted ? "/oauth/authorize" : "/login?error" };
      },
      "GET /oauth/authorize": () => ({
        html: page(
          "Authorize",
          `<h1>Acme wants to access your account</h1><ul><li>Read your name</li></ul><form method="post" action="/oauth/authorize"><button name="a" value="no">Cancel</button><button name="a" value="yes">Allow access</button></form>`,
        ),
      }),
      "POST /oauth/authorize": ({ session, form }) => {
        if (session.passwordAccepted === true && form.get("a") === "yes") session.user = ada.username;
        return { redirect: "/home" };
      },
    },
  },
  {
    name: "a proposal to set up a passkey, which is declined",
    routes: {
      ...onePage(plainForm),
      "POST /login": (visit, site) => {
        visit.session.passwordAccepted = site.takePassword(visit);
        return { redirect: visit.session.passwordAccepted ? "/nag" : "/login?error" };
      },
      "GET /nag": () => ({
        html: page(
          "Faster sign-in",
          `<h1>Sign in faster next time</h1><p>Create a passkey for this account.</p><a href="/never">Create a passkey</a> <a href="/skip">Not now</a>`,
        ),
      }),
      "GET /skip": ({ session }) => {
        if (session.passwordAccepted === true) session.user = ada.username;
        return { redirect: "/home" };
      },
    },
  },
  {
    name: "a choice of remembered accounts",
    routes: {
      ...onePage("", "", "/form?error"),
      "GET /login": () => ({
        html: page(
          "Choose an account",
          `<h1>Choose an account</h1><ul><li><a href="/never">Eve Example eve@example.test</a></li><li><a href="/form">Use another account</a></li></ul>`,
        ),
      }),
      "GET /form": ({ query }) => ({
        html: page("Sign in", `${query.has("error") ? "<p class=error>Wrong password</p>" : ""}${plainForm}`),
      }),
    },
  },
  {
    name: "a link to sign in that waits in a closed menu",
    start: "/welcome",
    routes: {
      ...onePage(plainForm),
      "GET /welcome": ({ session }) =>
        session.user === undefined
          ? {
              html: page(
                "Acme",
                `<button aria-label="Menu">☰</button><nav style="display:none"><a href="/login">Log in</a></nav><h1>Welcome to Acme</h1><p>The best tool there is for what it does, and what it does is tools.</p>`,
              ),
            }
          : { redirect: "/home" },
    },
  },
  {
    name: "a user name that is a telephone number's field",
    routes: onePage(
      `<form method="post" action="/login"><label>Mobile number or e-mail <input type="tel" name="username"></label><label>Password <input type="password" name="password"></label><button>Log in</button></form>`,
    ),
  },
  {
    name: "a code field that says nothing for itself",
    routes: passwordThenCode(
      `<h1>Two-step verification</h1><p>Open your authenticator app.</p><form method="post" action="/code"><input name="code"><button>Continue</button></form>`,
    ),
    codes: 1,
  },
  {
    name: "a backup code asked for, with a way to the authenticator",
    routes: {
      ...passwordThenCode(codeForm),
      "POST /login": (visit, site) => {
        visit.session.passwordAccepted = site.takePassword(visit);
        return { redirect: visit.session.passwordAccepted ? "/backup" : "/login?error" };
      },
      "GET /backup": () => ({
        html: page(
          "Backup code",
          `<h1>Enter a backup code</h1><form method="post" action="/never"><label>Backup code <input name="b"></label><button>Verify</button></form><a href="/code">Use your authenticator app instead</a>`,
        ),
      }),
    },
    codes: 1,
  },
  {
    name: "a text message sent, with another way offered",
    routes: {
      ...passwordThenCode(codeForm),
      "POST /login": (visit, site) => {
        visit.session.passwordAccepted = site.takePassword(visit);
        return { redirect: visit.session.passwordAccepted ? "/sms" : "/login?error" };
      },
      "GET /sms": () => ({
        html: page(
          "Check your phone",
          `<h1>Enter the code</h1><p>We sent a code to your phone ending in 42.</p><form method="post" action="/never"><label>Code <input name="c"></label><button>Verify</button></form><a href="/other">Try another way</a>`,
        ),
      }),
      "GET /other": () => ({
        html: page(
          "Other ways",
          `<h1>Choose another way</h1><a href="/never">Call my phone</a><a href="/code">Authenticator app</a>`,
        ),
      }),
    },
    codes: 1,
  },
];

const languages: [
  lang: string,
  title: string,
  username: string,
  password: string,
  button: string,
  refusal: string,
][] = [
  ["de", "Anmeldung", "Benutzername", "Kennwort", "Anmelden", "Benutzername oder Kennwort ist falsch."],
  [
    "fr",
    "Connexion",
    "Adresse e-mail",
    "Mot de passe",
    "Se connecter",
    "Identifiant ou mot de passe incorrect.",
  ],
  [
    "es",
    "Iniciar sesión",
    "Correo electrónico",
    "Contraseña",
    "Acceder",
    "El usuario o la contraseña no son correctos.",
  ],
  ["pt", "Iniciar sessão", "Utilizador", "Palavra-passe", "Entrar", "Utilizador ou palavra-passe inválidos."],
  [
    "ja",
    "ログイン",
    "メールアドレス",
    "パスワード",
    "ログイン",
    "メールアドレスまたはパスワードが正しくありません。",
  ],
  ["zh", "登录", "用户名", "密码", "登录", "用户名或密码错误"],
];
for (const [lang, title, username, password, button, refusal] of languages) {
  shapes.push({
    name: `a login in ${lang}, fields told apart by what they say`,
    routes: {
      ...onePage(""),
      "GET /login": ({ query }) => ({
        html: page(
          title,
          `<h1>${title}</h1>${query.has("error") ? `<div>${refusal}</div>` : ""}<form method="post" action="/login"><p>${username}<br><input name="username"></p><p>${password}<br><input type="password" name="password"></p><button>${button}</button></form>`,
          { lang },
        ),
      }),
    },
  });
}

describe("a login succeeds, with one password submit,", () => {
  test.each(shapes)("on $name", async ({ routes, start = "/home", codes = 0, custom = {} }) => {
    await using site = await startLoginSite(routes);
    await using attempt = await attemptLogin({ browser, sourceUrl: site.origin + start, custom });
    expect(explain(attempt.result, site)).toMatchObject({ status: "signed_in" });
    expect(site.submits).toMatchObject({ password: 1, code: codes, other: 0 });
    expect(attempt.result.submits).toEqual({ password: 1, code: codes });
    expect(site.passwords).toEqual([ada.password]);
  });
});

describe("a wrong password is told as such, after one submit,", () => {
  const refusing = shapes.filter(({ name }) => !name.includes("robots"));
  test.each(refusing)("on $name", async ({ routes, start = "/home", custom = {} }) => {
    await using site = await startLoginSite(routes);
    await using attempt = await attemptLogin({
      browser,
      sourceUrl: site.origin + start,
      password: "wrong",
      custom,
    });
    expect(explain(attempt.result, site)).toMatchObject({ status: "failed", code: "invalid_credentials" });
    expect(site.submits).toMatchObject({ password: 1, other: 0 });
    expect(attempt.result.submits.password).toBe(1);
  });
});
