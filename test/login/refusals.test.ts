import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FailureCode } from "../../src/failure.ts";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import {
  type Answer,
  ada,
  page,
  type Routes,
  type Session,
  startLoginSite,
  type Visit,
} from "../support/login-site.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const form = `<form method="post" action="/login"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button>Log in</button></form>`;
const codeForm = `<form method="post" action="/code"><label>Code <input name="code"></label><button>Verify</button></form>`;

/** Answers the login's submit as told; the password is counted and not looked at. */
const answering = (answer: (visit: Visit) => Answer): Routes => ({
  "GET /login": ({ session }) => ({
    html: page("Log in", `<h1>Log in</h1>${messageOf(session)}${form}`),
  }),
  "POST /login": (visit, site) => {
    site.takePassword(visit);
    return answer(visit);
  },
});
const messageOf = ({ message }: Session) => (typeof message === "string" ? message : "");
const saying = (message: string) =>
  answering(({ session }) => {
    session["message"] = message;
    return { redirect: "/login" };
  });

interface Refusal {
  says: string;
  routes: Routes;
  code: FailureCode;
  siteMessage?: string;
  retryAfterMs?: number;
  submits?: number;
  codes?: number;
  totpSecret?: string | null;
}

const refusals: Refusal[] = [
  {
    says: "the account is locked",
    routes: saying(`<div class="alert">Your account has been locked. Contact support.</div>`),
    code: "account_locked",
    siteMessage: "Your account has been locked. Contact support.",
  },
  {
    says: "the account is locked, in German",
    routes: saying(`<p>Ihr Konto wurde aus Sicherheitsgründen gesperrt.</p>`),
    code: "account_locked",
  },
  {
    says: "the account is locked for a while",
    routes: saying(
      `<p role=alert>Account locked due to too many failed attempts. Try again in 15 minutes.</p>`,
    ),
    code: "account_locked",
    retryAfterMs: 900_000,
  },
  {
    says: "the account is disabled",
    routes: saying(`<p class=error>This account has been disabled by an administrator.</p>`),
    code: "account_unusable",
  },
  {
    says: "the address is not verified",
    routes: saying(`<p class=notice>Your email address has not been verified yet.</p>`),
    code: "account_unusable",
  },
  {
    says: "too many attempts, by text with a wait",
    routes: saying(`<p class=error>Too many login attempts. Please try again in 2 minutes.</p>`),
    code: "rate_limited",
    retryAfterMs: 120_000,
  },
  ...(
    [
      ["de", "Zu viele Anmeldeversuche. Bitte versuchen Sie es in 5 Minuten erneut.", 300_000],
      ["fr", "Trop de tentatives. Veuillez réessayer dans 30 secondes.", 30_000],
      ["es", "Demasiados intentos. Inténtelo de nuevo en 5 minutos.", 300_000],
      ["pt", "Muitas tentativas. Tente novamente em uma hora.", 3_600_000],
      ["it", "Troppi tentativi. Riprova tra 10 minuti.", 600_000],
      ["nl", "Te veel pogingen. Probeer het over 2 minuten opnieuw.", 120_000],
      ["ja", "試行回数が上限に達しました。5分後にもう一度お試しください。", 300_000],
      ["zh", "尝试次数过多，请在30秒后重试", 30_000],
    ] as const
  ).map(
    ([lang, words, retryAfterMs]): Refusal => ({
      says: `too many attempts, in ${lang}, with the wait in words`,
      routes: saying(`<p class="form-error">${words}</p>`),
      code: "rate_limited",
      siteMessage: words,
      retryAfterMs,
    }),
  ),
  {
    says: "too many attempts, with the wait in a line of its own",
    routes: saying(`<div><p>Too many login attempts.</p><p>Please try again in 90 seconds.</p></div>`),
    code: "rate_limited",
    retryAfterMs: 90_000,
  },
  {
    says: "too many attempts on a page of status 200, with the wait in the header",
    routes: answering(() => ({
      headers: { "retry-after": "120" },
      html: page("Slow down", "<h1>Too many login attempts</h1><p>We have to slow you down.</p>"),
    })),
    code: "rate_limited",
    retryAfterMs: 120_000,
  },
  {
    says: "too many attempts, by status, with the wait in words",
    routes: answering(() => ({
      status: 429,
      html: page("Langsam", "<h1>Zu viele Anfragen</h1><p>Bitte warten Sie 2 Minuten.</p>", { lang: "de" }),
    })),
    code: "rate_limited",
    retryAfterMs: 120_000,
  },
  {
    says: "to a page's own request that there were too many attempts",
    routes: {
      "GET /login": () => ({
        html: page(
          "Log in",
          `<form id=f>${form.replace(/<\/?form[^>]*>/g, "")}</form><p id=m></p><script>f.onsubmit = async (event) => { event.preventDefault(); const answer = await fetch("/login", { method: "POST", body: new URLSearchParams(new FormData(f)) }); m.textContent = (await answer.json()).message; };</script>`,
        ),
      }),
      "POST /login": (visit, site) => {
        site.takePassword(visit);
        return { status: 429, headers: { "retry-after": "45" }, json: { message: "Nope." } };
      },
    },
    code: "rate_limited",
    retryAfterMs: 45_000,
  },
  ...(
    [
      ["account_locked", "fr", "Votre compte a été bloqué après plusieurs tentatives."],
      ["account_locked", "ja", "アカウントがロックされました。"],
      ["account_unusable", "de", "Ihr Konto wurde noch nicht freigeschaltet."],
      ["account_unusable", "es", "Tu cuenta aún no ha sido verificada."],
      ["account_unusable", "it", "Il tuo account è stato sospeso."],
      ["account_unusable", "zh", "该账号已被禁用"],
      ["account_unusable", "en", "Account not active yet. Did you forget to verify your email address?"],
      ["password_change_required", "fr", "Votre mot de passe a expiré."],
      ["password_change_required", "nl", "Uw wachtwoord is verlopen."],
      ["captcha_required", "pt", "Confirme que você não é um robô."],
    ] as const
  ).map(
    ([code, lang, words]): Refusal => ({
      says: `${code.replaceAll("_", " ")}, in ${lang}, without any mark`,
      routes:
        code === "password_change_required"
          ? saying(`<div role="alert">${words}</div>`)
          : saying(`<div>${words}</div>`),
      code,
      siteMessage: words,
    }),
  ),
  {
    says: "too many attempts, by status and header",
    routes: answering(() => ({
      status: 429,
      headers: { "retry-after": "77" },
      html: page("Slow down", "<h1>Too Many Requests</h1>"),
    })),
    code: "rate_limited",
    retryAfterMs: 77_000,
  },
  {
    says: "the password has expired",
    routes: saying(`<p class=error>Your password has expired and must be changed.</p>`),
    code: "password_change_required",
  },
  {
    says: "choose a new password, with a form for it",
    routes: {
      ...answering(() => ({ redirect: "/change" })),
      "GET /change": () => ({
        html: page(
          "Change password",
          `<h1>Change your password</h1><form method=post action=/never><label>New password<input type=password name=a></label><label>Repeat new password<input type=password name=b></label><button>Save</button></form>`,
        ),
      }),
    },
    code: "password_change_required",
  },
  {
    says: "nothing, and shows the form again after a redirect",
    routes: answering(() => ({ redirect: "/login" })),
    code: "invalid_credentials",
  },
  {
    says: "wrong password with status 401 and no form",
    routes: answering(() => ({
      status: 401,
      html: page(
        "Unauthorized",
        "<h1>Login failed</h1><p>Wrong user name or password.</p><a href=/login>Back</a>",
      ),
    })),
    code: "invalid_credentials",
  },
  {
    says: "an error in a language nobody here knows",
    routes: saying(`<div class="alert alert-danger">Vale kasutajanimi või parool</div>`),
    code: "invalid_credentials",
    siteMessage: "Vale kasutajanimi või parool",
  },
  {
    says: "the error by a toast, a second after the answer",
    routes: {
      "GET /login": () => ({
        html: page(
          "Log in",
          `<div id=r><input placeholder="User name" id=u><input type=password placeholder=Password id=p><button id=b>Log in</button></div><script>b.onclick = async () => { await fetch("/login", { method: "POST", body: new URLSearchParams({ username: u.value, password: p.value }) }); setTimeout(() => { const t = document.createElement("div"); t.className = "toast toast-error"; t.style.position = "fixed"; t.textContent = "Invalid credentials"; document.body.append(t); setTimeout(() => t.remove(), 1500); }, 1000); };</script>`,
        ),
      }),
      "POST /login": (visit, site) => ({ status: site.takePassword(visit) ? 200 : 401, json: {} }),
    },
    code: "invalid_credentials",
    siteMessage: "Invalid credentials",
  },
  {
    says: "its session expired",
    routes: saying(`<p class=error>Your session has expired. Please reload and try again.</p>`),
    code: "site_error",
  },
  {
    says: "500",
    routes: answering(() => ({ status: 500, html: page("Error", "<h1>Internal Server Error</h1>") })),
    code: "site_error",
  },
  {
    says: "the user is unknown, before any password is asked",
    routes: {
      "GET /login": ({ query }) => ({
        html: page(
          "Sign in",
          `<h1>Sign in</h1>${query.has("e") ? "<p class=error>We could not find an account with that e-mail.</p>" : ""}<form method=post action=/id><label>E-mail <input name=username type=email></label><button>Next</button></form>`,
        ),
      }),
      "POST /id": () => ({ redirect: "/login?e" }),
    },
    code: "invalid_credentials",
    submits: 0,
  },
  {
    says: "a captcha is needed, after the password",
    routes: saying(`<p class=error>Please complete the CAPTCHA.</p>`),
    code: "captcha_required",
  },
  {
    says: "every code is wrong",
    routes: {
      ...answering(() => ({ redirect: "/code" })),
      "GET /code": ({ query }) => ({
        html: page(
          "Code",
          `<h1>Two-factor authentication</h1>${query.has("e") ? "<p class=error>Invalid code</p>" : ""}${codeForm}`,
        ),
      }),
      "POST /code": (visit, site) => {
        site.takeCode(visit);
        return { redirect: "/code?e" };
      },
    },
    code: "invalid_one_time_code",
    siteMessage: "Invalid code",
    codes: 2,
  },
  {
    says: "nothing to a wrong code and asks again",
    routes: {
      ...answering(() => ({ redirect: "/code" })),
      "GET /code": () => ({ html: page("Code", `<h1>Two-factor authentication</h1>${codeForm}`) }),
      "POST /code": (visit, site) => {
        site.takeCode(visit);
        return { redirect: "/code" };
      },
    },
    code: "invalid_one_time_code",
    codes: 2,
  },
  {
    says: "a wrong code costs the whole form: the password is not sent again",
    routes: {
      ...answering(({ session }) => {
        session["message"] = "<p class=error>Invalid authentication code</p>";
        return { redirect: "/login" };
      }),
      "GET /login": ({ session }) => ({
        html: page(
          "Log in",
          `${messageOf(session)}${form.replace("<button>", "<label>Authentication code <input name=code></label><button>")}`,
        ),
      }),
    },
    code: "invalid_one_time_code",
    codes: 0,
  },
  {
    says: "a code is needed that the identity has no secret for",
    routes: {
      ...answering(() => ({ redirect: "/code" })),
      "GET /code": () => ({ html: page("Code", `<h1>Two-factor authentication</h1>${codeForm}`) }),
    },
    code: "one_time_code_required",
    totpSecret: null,
  },
  {
    says: "the code was sent by e-mail",
    routes: {
      ...answering(() => ({ redirect: "/code" })),
      "GET /code": () => ({
        html: page(
          "Check your inbox",
          `<h1>Check your inbox</h1><p>We have sent a code to a•••@example.test.</p>${codeForm}`,
        ),
      }),
    },
    code: "one_time_code_required",
    siteMessage: "We have sent a code to a•••@example.test.",
  },
  {
    says: "one may choose among codes, and there is no authenticator",
    routes: {
      ...answering(() => ({ redirect: "/code" })),
      "GET /code": () => ({
        html: page(
          "Verify",
          `<h1>Choose how to verify</h1><a href=/never>Use an authenticator app</a><a href=/never>Use a backup code</a>`,
        ),
      }),
    },
    code: "one_time_code_required",
    totpSecret: null,
  },
  {
    says: "a second factor has to be set up first",
    routes: {
      ...answering(() => ({ redirect: "/code" })),
      "GET /code": () => ({
        html: page(
          "Secure your account",
          `<h1>Set up two-factor authentication</h1><p>Scan the QR code with your authenticator app, then enter the code.</p>${codeForm}`,
        ),
      }),
    },
    code: "account_unusable",
  },
];

describe("a refusal is read for what it is, after one password submit, when the site says", () => {
  test.each(refusals)(
    "$says",
    async ({ routes, code, siteMessage, retryAfterMs, submits = 1, codes = 0, totpSecret }) => {
      await using site = await startLoginSite(routes);
      await using attempt = await attemptLogin({
        browser,
        sourceUrl: `${site.origin}/home`,
        ...(totpSecret === undefined ? {} : { totpSecret }),
      });
      const { result } = attempt;
      const told = result.status === "failed" ? result : undefined;
      expect({ code: told?.failure.code ?? result.status, steps: result.decisions }).toMatchObject({ code });
      expect(siteMessage ?? told?.siteMessage).toBe(told?.siteMessage);
      expect(told?.failure.retryAfterMs).toBe(retryAfterMs);
      expect(site.submits).toEqual({ password: submits, code: codes, username: 0, other: 0 });
      expect(result.submits.password).toBe(submits);
    },
  );
});

test("the wrong code is followed by one fresh code, never by the password again", async () => {
  let first = true;
  await using site = await startLoginSite({
    ...answering(({ session }) => {
      session.passwordAccepted = true;
      return { redirect: "/code" };
    }),
    "GET /code": ({ query }) => ({
      html: page(
        "Code",
        `<h1>Two-factor authentication</h1>${query.has("e") ? "<p class=error>That code has expired</p>" : ""}${codeForm}`,
      ),
    }),
    "POST /code": (visit, site) => {
      const right = site.takeCode(visit);
      if (first || !right) {
        first = false;
        return { redirect: "/code?e" };
      }
      visit.session.user = ada.username;
      return { redirect: "/home" };
    },
  });
  await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home` });
  expect(attempt.result).toMatchObject({ status: "signed_in", submits: { password: 1, code: 2 } });
  expect(site.submits).toMatchObject({ password: 1, code: 2 });
});

test("no value that was typed is in any decision, situation or failure", async () => {
  await using site = await startLoginSite(saying(`<p class=error>Wrong password</p>`));
  await using attempt = await attemptLogin({
    browser,
    sourceUrl: `${site.origin}/home`,
    password: "s3cret-unmistakable",
  });
  const kept = JSON.stringify([attempt.situations, attempt.result]);
  expect(kept).toContain("Wrong password");
  expect(kept).not.toContain("s3cret-unmistakable");
  expect(kept).not.toContain(ada.username);
});

test("a login ends at once when it is cancelled, and types nothing afterwards", async () => {
  await using site = await startLoginSite({
    "GET /login": () => ({ delayMs: 5_000, html: page("Log in", form) }),
  });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  await using attempt = await attemptLogin({
    browser,
    sourceUrl: `${site.origin}/home`,
    signal: stop.signal,
  });
  expect(attempt.result).toMatchObject({ status: "failed", failure: { code: "cancelled" } });
  expect(attempt.tookMs).toBeLessThan(3_000);
});

test("a site that does not answer is told as such", async () => {
  await using attempt = await attemptLogin({ browser, sourceUrl: "http://127.0.0.1:9/" });
  expect(attempt.result).toMatchObject({
    status: "failed",
    failure: { code: "site_unreachable", retryable: true },
  });
});
