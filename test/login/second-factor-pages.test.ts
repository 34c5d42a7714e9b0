import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, page, type Routes, startLoginSite } from "../support/login-site.ts";
import { codeForm, explain, passwordThenCode } from "../support/page-shapes.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** After the password the site leads to the first of some pages; `/code` asks for the authenticator's code. */
const steps = (first: string, pages: Record<string, string>, form = codeForm): Routes => ({
  ...passwordThenCode(form),
  "POST /login": (visit, site) => {
    visit.session.passwordAccepted = site.takePassword(visit);
    return { redirect: visit.session.passwordAccepted ? first : "/login?error" };
  },
  ...Object.fromEntries(
    Object.entries(pages).map(([path, body]) => [
      `GET ${path}`,
      () => ({ html: page("Verification", body) }),
    ]),
  ),
});

const backup = `<form method="post" action="/never"><label>Backup code <input name="b"></label><button>Verify</button></form>`;

const choosers: [string, Routes][] = [
  [
    "a list in which a backup code stands first",
    steps("/choose", {
      "/choose": `<h1>Choose a way to verify</h1><ul><li><a href="/never">Use a recovery code</a></li><li><a href="/never">Enter a backup code from your authenticator setup</a></li><li><a href="/code">Authenticator app</a></li></ul>`,
    }),
  ],
  [
    "another way, two levels deep",
    steps("/push", {
      "/push": `<h1>Check your phone</h1><p>We sent a notification to your Pixel. Tap Yes to sign in.</p><a href="/sms">Try another way</a>`,
      "/sms": `<h1>Get a code</h1><p>We sent a code to your phone ending in 42.</p><form method="post" action="/never"><label>Enter the code <input name="c"></label><button>Next</button></form><a href="/list">Try another way</a>`,
      "/list": `<h1>Choose how you want to sign in</h1><button onclick="location='/never'">Tap Yes on your phone</button><button onclick="location='/never'">Get a code by text message</button><button onclick="location='/never'">Enter one of your 8-digit backup codes</button><button onclick="location='/code'">Get a verification code from the Google Authenticator app</button>`,
    }),
  ],
  [
    "more options, which show themselves in place",
    steps("/sms", {
      "/sms": `<h1>Enter the code</h1><p>We texted a code to •••42.</p><form method="post" action="/never"><input name="c" placeholder="Code"><button>Verify</button></form><button type="button" onclick="more.hidden=false;this.hidden=true">More options</button><div id="more" hidden><a href="/never">Call me</a> <a href="/code">Use my authenticator app</a></div>`,
    }),
  ],
  [
    "radio buttons, the text message chosen already",
    steps("/choose", {
      "/choose": `<h1>How do you want to verify?</h1><form action="/go"><p><label><input type="radio" name="by" value="sms" checked> Text message to •••42</label></p><p><label><input type="radio" name="by" value="app"> Authenticator app</label></p><p><label><input type="radio" name="by" value="backup"> Backup code</label></p><button>Continue</button></form>`,
    }),
  ],
  [
    "tabs, the security key's open",
    steps("/choose", {
      "/choose": `<h1>Two-factor authentication</h1><div role="tablist"><div role="tab" tabindex="0" aria-selected="true">Security key</div><div role="tab" tabindex="0" onclick="key.hidden=true;app.hidden=false">Authenticator app</div></div><div id="key">Insert your security key and touch it.</div><div id="app" hidden>${codeForm}</div>`,
    }),
  ],
  [
    "a security key asked for, with the code behind a link",
    steps("/key", {
      "/key": `<h1>Security key</h1><p>When you are ready, authenticate using the button below.</p><button onclick="">Use security key</button><h2>Having problems?</h2><ul><li><a href="/code">Use your authenticator app</a></li><li><a href="/never">Use a recovery code</a></li></ul>`,
    }),
  ],
  [
    "a code and a backup code on one page, the backup code first",
    steps("/both", { "/both": `<h1>Two-factor authentication</h1>${backup}<hr>${codeForm}` }),
  ],
  [
    "one field for either code, called after both",
    steps(
      "/code",
      {},
      `<h1>Two-factor authentication</h1><form method="post" action="/code"><label>Two-factor code or recovery code <input name="code"></label><p>Enter the code from your two-factor app. If you've lost your device, you may enter one of your recovery codes.</p><button>Verify code</button></form>`,
    ),
  ],
  [
    "a list in German",
    steps("/sms", {
      "/sms": `<h1>Code eingeben</h1><p>Wir haben einen Code an Ihr Telefon gesendet.</p><form method="post" action="/never"><label>Code <input name="c"></label><button>Weiter</button></form><a href="/list">Andere Methode verwenden</a>`,
      "/list": `<h1>Wählen Sie eine Methode</h1><a href="/never">SMS an •••42</a> <a href="/never">Backup-Code</a> <a href="/code">Authenticator-App verwenden</a>`,
    }),
  ],
  [
    "a list in French",
    steps("/sms", {
      "/sms": `<h1>Saisissez le code</h1><p>Nous avons envoyé un code par SMS.</p><form method="post" action="/never"><label>Code <input name="c"></label><button>Suivant</button></form><a href="/list">Essayer une autre méthode</a>`,
      "/list": `<h1>Choisissez une méthode</h1><a href="/never">Recevoir un SMS</a> <a href="/never">Code de secours</a> <a href="/code">Utiliser une application d'authentification</a>`,
    }),
  ],
  [
    "a list in Spanish",
    steps("/sms", {
      "/sms": `<h1>Introduce el código</h1><p>Te hemos enviado un código por SMS.</p><form method="post" action="/never"><label>Código <input name="c"></label><button>Siguiente</button></form><a href="/list">Probar otro método</a>`,
      "/list": `<h1>Elige un método</h1><a href="/never">Código de respaldo</a> <a href="/code">Aplicación de autenticación</a>`,
    }),
  ],
  [
    "a list in Portuguese",
    steps("/sms", {
      "/sms": `<h1>Introduza o código</h1><p>Enviamos um código para o seu telefone.</p><form method="post" action="/never"><label>Código <input name="c"></label><button>Seguinte</button></form><a href="/list">Tentar outra forma</a>`,
      "/list": `<h1>Escolha um método</h1><a href="/never">Código de recuperação</a> <a href="/code">Aplicativo autenticador</a>`,
    }),
  ],
  [
    "a list in Japanese",
    steps("/sms", {
      "/sms": `<h1>コードの入力</h1><p>確認コードをSMSで送信しました。</p><form method="post" action="/never"><label>コード <input name="c"></label><button>次へ</button></form><a href="/list">別の方法を試す</a>`,
      "/list": `<h1>方法を選択</h1><a href="/never">バックアップコード</a> <a href="/code">認証アプリを使用</a>`,
    }),
  ],
  [
    "a list in Chinese",
    steps("/sms", {
      "/sms": `<h1>输入验证码</h1><p>验证码已发送至您的手机。</p><form method="post" action="/never"><label>验证码 <input name="c"></label><button>下一步</button></form><a href="/list">其他方式</a>`,
      "/list": `<h1>选择验证方式</h1><a href="/never">备用验证码</a> <a href="/never">短信</a> <a href="/code">身份验证器应用</a>`,
    }),
  ],
  [
    "a list in Italian",
    steps("/sms", {
      "/sms": `<h1>Inserisci il codice</h1><p>Ti abbiamo inviato un codice via SMS.</p><form method="post" action="/never"><label>Codice <input name="c"></label><button>Avanti</button></form><a href="/list">Prova un altro metodo</a>`,
      "/list": `<h1>Scegli un metodo</h1><a href="/never">Codice di backup</a> <a href="/code">App di autenticazione</a>`,
    }),
  ],
  [
    "a list in Dutch",
    steps("/sms", {
      "/sms": `<h1>Voer de code in</h1><p>We hebben een code naar je telefoon gestuurd.</p><form method="post" action="/never"><label>Code <input name="c"></label><button>Volgende</button></form><a href="/list">Probeer een andere manier</a>`,
      "/list": `<h1>Kies een manier</h1><a href="/never">Back-upcode</a> <a href="/code">Authenticatie-app</a>`,
    }),
  ],
];

const boxes = (attributes: string, script: string, type = "text") =>
  `<h1>Enter the code from your authenticator app</h1><form method="post" action="/code" id="f">
  ${Array.from({ length: 6 }, (_, at) => `<input class="box" type="${type}" ${attributes} style="width:40px;height:44px" aria-label="Digit ${at + 1} of 6">`).join("")}
  <input type="hidden" name="code" id="all"><button>Verify</button></form>
  <script>const boxes = [...document.querySelectorAll(".box")], form = document.querySelector("#f"), all = document.querySelector("#all"); let state = Array(6).fill("");
  const show = () => { boxes.forEach((box, at) => { box.value = state[at]; }); all.value = state.join(""); };
  ${script}</script>`;

const codeFields: [string, string][] = [
  [
    "boxes whose values a framework keeps, with a handler for pasting",
    boxes(
      'inputmode="numeric" autocomplete="off" maxlength="1"',
      `boxes.forEach((box, at) => { box.addEventListener("input", () => { const digit = box.value.replace(/\\D/g, "").slice(-1); state[at] = digit; show(); if (digit && at < 5) boxes[at + 1].focus(); });
        box.addEventListener("keydown", (event) => { if (event.key === "Backspace" && !box.value && at > 0) boxes[at - 1].focus(); });
        box.addEventListener("paste", (event) => { event.preventDefault(); state = [...event.clipboardData.getData("text").slice(0, 6)]; show(); }); });`,
    ),
  ],
  [
    "boxes without a length, of which the first takes a whole code",
    boxes(
      'inputmode="numeric"',
      `boxes.forEach((box, at) => box.addEventListener("input", () => { const typed = box.value.replace(/\\D/g, ""); if (typed.length > 1) { state = [...typed.padEnd(6)].slice(0, 6); show(); boxes[5].focus(); } else { state[at] = typed; show(); boxes[at + 1]?.focus(); } }));`,
    ),
  ],
  [
    "boxes of the type number that send themselves by script",
    boxes(
      'min="0" max="9"',
      `boxes.forEach((box, at) => box.addEventListener("input", async () => { state[at] = box.value.slice(-1); show(); boxes[at + 1]?.focus();
        if (state.every(Boolean)) { const answer = await fetch("/code", { method: "POST", body: new URLSearchParams({ code: all.value }) }); location.href = answer.url; } }));`,
      "number",
    ),
  ],
  [
    "masked boxes",
    boxes(
      'maxlength="1"',
      `boxes.forEach((box, at) => box.addEventListener("input", () => { state[at] = box.value; all.value = state.join(""); boxes[at + 1]?.focus(); }));`,
      "password",
    ),
  ],
  [
    "boxes that wake one after the other",
    boxes(
      'maxlength="1"',
      `boxes.forEach((box, at) => { box.disabled = at > 0; box.addEventListener("input", () => { state[at] = box.value; all.value = state.join(""); if (boxes[at + 1]) { boxes[at + 1].disabled = false; boxes[at + 1].focus(); } }); });`,
    ),
  ],
  [
    "one transparent field over painted boxes",
    `<h1>Two-factor authentication</h1><form method="post" action="/code"><div style="position:relative;width:300px;height:50px">${"<span style='display:inline-block;width:44px;height:44px;border:1px solid'></span>".repeat(6)}<input name="code" autocomplete="one-time-code" inputmode="numeric" maxlength="6" style="position:absolute;inset:0;opacity:0;width:100%;height:100%"></div><button>Verify</button></form>`,
  ],
  [
    "a field that writes a space into the code",
    `<h1>Two-factor authentication</h1><form method="post" action="/code"><label>6-digit code <input id="c" inputmode="numeric" placeholder="000 000" maxlength="7"></label><input type="hidden" name="code" id="all"><button disabled>Verify</button></form><script>c.addEventListener("input", () => { const digits = c.value.replace(/\\D/g, "").slice(0, 6); c.value = digits.replace(/(\\d{3})(?=\\d)/, "$1 "); all.value = digits; document.querySelector("button").disabled = digits.length < 6; });</script>`,
  ],
  [
    "a field that sends itself by script at the last digit, beside a button",
    `<h1>Security code</h1><form method="post" action="/code"><label>Code <input name="code" maxlength="6" inputmode="numeric"></label><button>Continue</button></form><script>let sent = false; const field = document.querySelector("input"); field.addEventListener("input", () => { if (field.value.length === 6 && !sent) { sent = true; document.querySelector("button").disabled = true; setTimeout(() => field.form.submit(), 150); } });</script>`,
  ],
  [
    "a field for a masked code",
    `<h1>Two-step verification</h1><form method="post" action="/code"><label>Verification code <input type="password" name="code" autocomplete="off"></label><button>Sign in</button></form>`,
  ],
  [
    "a field in a frame of the same site",
    `<h1>Verification</h1><iframe src="/inner" width="500" height="300"></iframe>`,
  ],
  [
    "a button that counts down to sending again beside",
    `<h1>Two-factor authentication</h1><p>Open your authenticator app.</p><form method="post" action="/code"><label>Code <input name="code"></label><button type="submit" formaction="/never" name="resend">Resend code (30)</button><button type="submit">Verify</button></form>`,
  ],
];

describe.concurrent("the authenticator's code is given, no backup code and nothing else, on", () => {
  const cases = [
    ...choosers,
    ...codeFields.map(([name, form]): [string, Routes] => [
      name,
      {
        ...passwordThenCode(form),
        "GET /inner": () => ({ html: page("Code", codeForm.replace("<form", '<form target="_top"')) }),
      },
    ]),
  ];
  test.each(cases)("%s", async (_name, routes) => {
    await using site = await startLoginSite({
      ...routes,
      "GET /go": ({ query }) => ({ redirect: query.get("by") === "app" ? "/code" : "/never" }),
    });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
    expect(attempt.result, explain(attempt.result, site).steps.join("\n")).toMatchObject({
      status: "signed_in",
    });
    expect(site.submits).toEqual({ password: 1, code: 1, username: 0, other: 0 });
  });
});

describe.concurrent("without an authenticator no code is asked for nor given", () => {
  const noWay: [string, Routes][] = [
    ["where a backup code is asked for", steps("/b", { "/b": `<h1>Enter a backup code</h1>${backup}` })],
    ["where one may choose", choosers[0]?.[1] ?? {}],
    ["beside a backup code", choosers[6]?.[1] ?? {}],
  ];
  test.each(noWay)("%s", async (_name, routes) => {
    await using site = await startLoginSite(routes);
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home`, totpSecret: null });
    expect(attempt.result, explain(attempt.result, site).steps.join("\n")).toMatchObject({
      status: "failed",
      failure: { code: "one_time_code_required" },
    });
    expect(site.submits).toEqual({ password: 1, code: 0, username: 0, other: 0 });
  });
});

const passkeyFirst: [string, Record<string, string>][] = [
  [
    "two levels deep",
    {
      "/login": `<h1>Use your passkey to confirm it's really you</h1><p>Your device will ask for your fingerprint, face, or screen lock.</p><button onclick="">Continue</button><a href="/ways">Try another way</a>`,
      "/ways": `<h1>Choose how you want to sign in</h1><button onclick="">Use your passkey</button><button onclick="location='/password'">Enter your password</button><button onclick="location='/never'">Get help</button>`,
    },
  ],
  [
    "in German",
    {
      "/login": `<h1>Mit Passkey anmelden</h1><button onclick="">Weiter mit Passkey</button><a href="/password">Stattdessen Passwort verwenden</a>`,
    },
  ],
  [
    "in French",
    {
      "/login": `<h1>Connexion avec une clé d'accès</h1><button onclick="">Continuer avec une clé d'accès</button><a href="/password">Utiliser le mot de passe</a>`,
    },
  ],
  [
    "in Japanese",
    {
      "/login": `<h1>パスキーでログイン</h1><button onclick="">パスキーを使用</button><a href="/password">パスワードを使用する</a>`,
    },
  ],
  [
    "below a list of social logins",
    {
      "/login": `<h1>Sign in to Acme</h1><button onclick="location='/never'">Continue with Google</button><button onclick="location='/never'">Sign in with a passkey</button><button onclick="location='/never'">Sign in with SSO</button><button onclick="location='/password'">Continue with email</button>`,
    },
  ],
];

describe.concurrent("a page that wants a passkey first is left by its way to the password", () => {
  test.each(passkeyFirst)("%s", async (_name, pages) => {
    const form = `<h1>Sign in</h1><form method="post" action="/login"><label>E-mail <input name="username"></label><label>Password <input type="password" name="password"></label><button>Sign in</button></form>`;
    await using site = await startLoginSite({
      ...steps("/home", { ...pages, "/password": form }),
      "POST /login": (visit, { takePassword }) => {
        if (takePassword(visit)) visit.session.user = ada.username;
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
