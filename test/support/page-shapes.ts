import type { LoginResult } from "../../src/login/login.ts";
import { ada, type LoginSite, page, type Routes } from "./login-site.ts";

/** A server-rendered login: what `GET /login` shows, and the rules of the shop. */
export const onePage = (form: string, rest = "", refusedTo = "/login?error"): Routes => ({
  "GET /login": ({ query }) => ({
    html: page(
      "Sign in",
      `${query.has("error") ? '<p class="error">The user name or password is wrong.</p>' : ""}${form}${rest}`,
    ),
  }),
  "POST /login": (visit, site) => {
    if (!site.takePassword(visit)) return { redirect: refusedTo };
    visit.session.user = ada.username;
    return { redirect: "/home" };
  },
});

export const plainForm = `<h1>Sign in</h1><form method="post" action="/login">
  <label>E-mail <input name="username" type="email" autocomplete="username"></label>
  <label>Password <input name="password" type="password" autocomplete="current-password"></label>
  <button>Sign in</button></form>`;

/** Code after password. `codeForm` is what `GET /code` shows. */
export const passwordThenCode = (codeForm: string, field = "code"): Routes => ({
  "GET /login": ({ query }) => ({
    html: page(
      "Sign in",
      `${query.has("error") ? '<div role="alert">Wrong password</div>' : ""}${plainForm}`,
    ),
  }),
  "POST /login": (visit, site) => {
    visit.session.passwordAccepted = site.takePassword(visit);
    return { redirect: visit.session.passwordAccepted ? "/code" : "/login?error" };
  },
  "GET /code": ({ query }) => ({
    html: page(
      "One more step",
      `${query.has("error") ? '<div role="alert">That code is not valid</div>' : ""}${codeForm}`,
    ),
  }),
  "POST /code": (visit, site) => {
    if (visit.session.passwordAccepted !== true || !site.takeCode(visit, field))
      return { redirect: "/code?error" };
    visit.session.user = ada.username;
    return { redirect: "/home" };
  },
});

export const codeForm = `<h1>Two-factor authentication</h1><form method="post" action="/code">
  <label>Authentication code <input name="code" inputmode="numeric" autocomplete="one-time-code"></label><button>Verify</button></form>`;

/** A result with what led to it, so that a failing test explains itself. */
export function explain(result: LoginResult, site: LoginSite) {
  return {
    status: result.status,
    ...(result.status === "failed"
      ? { code: result.failure.code, message: result.failure.message, siteMessage: result.siteMessage }
      : {}),
    steps: result.decisions.map(
      ({ url, saw, action, reason }) => `${new URL(url).pathname}: saw ${saw} → ${action} (${reason})`,
    ),
    requests: site.requests,
  };
}
