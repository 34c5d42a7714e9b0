import { randomUUID } from "node:crypto";
import { type Answer, ada, home, type LoginSite, page, type Routes, type Visit } from "./login-site.ts";

/** Ways to give a second factor, in the order the pages show them. */
type SecondFactor = "code" | "totp" | "lookup_secret" | "webauthn";

export interface KratosOptions {
  /** `markup`: rendered by the server, a form per method. `react`: rendered by code, submitted by it. */
  theme: "markup" | "react";
  identifierFirst?: boolean;
  /** Further ways in beside the password, on the same page. */
  beside?: ("oidc" | "passkey" | "code")[];
  second?: SecondFactor[];
  /** A message shown to the right password instead of letting in. */
  refuse?: MessageId;
  /** The flow opened first is too old: before anything is submitted, or when it is. */
  expires?: "before" | "at_submit";
  /** The browser's CSRF cookie does not fit the form. */
  csrfBroken?: boolean;
}

/** What Kratos says, by its own numbers (https://www.ory.com/docs/kratos/concepts/ui-messages). */
const messages = {
  1010004: "Please complete the second authentication challenge.",
  4000006:
    "The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.",
  4000008: "The provided authentication code is invalid, please try again.",
  4000010: "Account not active yet. Did you forget to verify your email address?",
  4000037: "This account does not exist or has no login method configured.",
  4010001: "The login flow expired 10.00 minutes ago, please try again.",
  4010002: "Could not find any strategy to log you in with. Did you fill out the form correctly?",
  4010011: "This account was disabled.",
} as const;
type MessageId = keyof typeof messages;

interface Flow {
  id: string;
  aal: "aal1" | "aal2";
  returnTo: string;
  identifier: string;
  /** Identifier first: the name was taken, the password is next. */
  identified: boolean;
  messages: MessageId[];
  csrf: string;
}

/**
 * The public self-service login of an Ory Kratos site and its pages, in the markup of the themes `elements-markup` and
 * `elements-react`: flows with ids, a CSRF token per browser, answers with 303 (or JSON to the React theme), and
 * validation errors that lead back to the same flow. `GET /home` needs every factor there is.
 */
export function kratosRoutes(options: KratosOptions): Routes {
  const { theme, identifierFirst = false, second = [] } = options;
  let expires = options.expires;

  const flowsOf = ({ session }: Visit) => (session["flows"] ??= new Map()) as Map<string, Flow>;
  const csrfOf = ({ session }: Visit) => (session["csrf"] ??= randomUUID()) as string;
  const ui = (flow: Flow): Answer => ({ redirect: `/login?flow=${flow.id}` });
  const newFlow = (visit: Visit, given: Partial<Flow> = {}): Flow => {
    const flow: Flow = {
      id: randomUUID(),
      aal: visit.query.get("aal") === "aal2" ? "aal2" : "aal1",
      returnTo: visit.query.get("return_to") ?? "/home",
      identifier: "",
      identified: false,
      messages: [],
      csrf: options.csrfBroken === true ? randomUUID() : csrfOf(visit),
      ...given,
    };
    if (flow.aal === "aal2") flow.messages.push(1010004);
    flowsOf(visit).set(flow.id, flow);
    return flow;
  };
  const answer = (visit: Visit, flow: Flow, say: MessageId[] = []): Answer => {
    flow.messages = say;
    return wantsJson(visit) ? { status: 400, json: shown(flow) } : ui(flow);
  };
  const go = (visit: Visit, to: string): Answer =>
    wantsJson(visit) ? { json: { session: { active: true } } } : { redirect: to };

  const takePassword = (visit: Visit, flow: Flow, site: LoginSite): Answer => {
    const { form, session } = visit;
    flow.identifier = (form.get("identifier") ?? form.get("password_identifier") ?? "").trim();
    form.set("username", flow.identifier.toLowerCase());
    if (!site.takePassword(visit)) return answer(visit, flow, [4000006]);
    if (options.refuse !== undefined) return answer(visit, flow, [options.refuse]);
    session.passwordAccepted = true;
    if (second.length === 0) session.user = ada.username;
    return go(visit, flow.returnTo);
  };
  const take: Record<string, (visit: Visit, flow: Flow, site: LoginSite) => Answer> = {
    password: takePassword,
    identifier_first(visit, flow, site) {
      site.submits.username += 1;
      flow.identifier = visit.form.get("identifier") ?? "";
      if (flow.identifier !== ada.username) return answer(visit, flow, [4000037]);
      flow.identified = true;
      return answer(visit, flow);
    },
    totp(visit, flow, site) {
      if (visit.session.passwordAccepted !== true || flow.aal !== "aal2")
        return answer(visit, flow, [4010002]);
      if (!site.takeCode(visit, "totp_code")) return answer(visit, flow, [4000008]);
      visit.session.user = ada.username;
      return go(visit, flow.returnTo);
    },
  };

  const shown = (flow: Flow): Shown => ({
    action: `/self-service/login?flow=${flow.id}`,
    csrf: flow.csrf,
    identifier: flow.identifier,
    messages: flow.messages.map((id) => ({ id, text: messages[id], error: id >= 4000000 })),
    step: stepOf({ flow, identifierFirst }),
    beside: options.beside ?? [],
    second,
  });

  return {
    "GET /home": ({ session }) => {
      if (session.user !== undefined) return { html: home(session.user) };
      const aal = session.passwordAccepted === true ? "aal=aal2&" : "";
      return { redirect: `/self-service/login/browser?${aal}return_to=/home` };
    },
    "GET /self-service/login/browser": (visit) => {
      // A session there is already needs no login, unless a further factor is asked for.
      const enough = visit.session.passwordAccepted === true && visit.query.get("aal") !== "aal2";
      if (enough || visit.session.user !== undefined)
        return { redirect: visit.query.get("return_to") ?? "/home" };
      const stale = expires === "before";
      if (stale) expires = undefined;
      return ui(newFlow(visit, stale ? { messages: [4010001] } : {}));
    },
    "GET /login": (visit) => {
      const flow = flowsOf(visit).get(visit.query.get("flow") ?? "");
      if (visit.session.user !== undefined || flow === undefined)
        return { redirect: visit.session.user === undefined ? "/self-service/login/browser" : "/home" };
      return { html: theme === "markup" ? markupPage(shown(flow)) : reactPage(shown(flow)) };
    },
    "POST /self-service/login": (visit, site) => {
      const flow = flowsOf(visit).get(visit.query.get("flow") ?? "");
      if (flow === undefined || visit.form.get("csrf_token") !== csrfOf(visit)) {
        site.submits.password += 1;
        return wantsJson(visit)
          ? { status: 403, json: { error: { id: "security_csrf_violation", code: 403 } } }
          : { redirect: "/error?id=security_csrf_violation" };
      }
      if (expires === "at_submit") {
        site.submits.password += 1;
        expires = undefined;
        const fresh = newFlow(visit, { messages: [4010001] });
        return wantsJson(visit) ? { status: 410, json: { use_flow_id: fresh.id } } : ui(fresh);
      }
      const handler = take[visit.form.get("method") ?? ""];
      if (handler !== undefined) return handler(visit, flow, site);
      site.submits.other += 1;
      return answer(visit, flow, [4010002]);
    },
    "GET /logout": ({ session }) => {
      delete session.user;
      delete session.passwordAccepted;
      return { redirect: "/home" };
    },
    "GET /error": () => ({
      status: 403,
      html: page(
        "An error occurred",
        `<div><h2>An error occurred</h2><div><span>A security violation was detected, please fill out the form again.</span><a href="/home">Go Back</a></div></div>`,
      ),
    }),
    "GET /recovery": () => ({ redirect: "/never" }),
    "GET /registration": () => ({ redirect: "/never" }),
  };
}

/** A flow as the pages are given it. */
interface Shown {
  action: string;
  csrf: string;
  identifier: string;
  messages: { id: number; text: string; error: boolean }[];
  step: "identifier" | "password" | "unified" | "second";
  beside: ("oidc" | "passkey" | "code")[];
  second: SecondFactor[];
}

function stepOf({ flow, identifierFirst }: { flow: Flow; identifierFirst: boolean }): Shown["step"] {
  if (flow.aal === "aal2") return "second";
  if (!identifierFirst) return "unified";
  return flow.identified ? "password" : "identifier";
}

const wantsJson = ({ headers }: Visit) => headers.accept?.includes("json") === true;

function markupPage({ action, csrf, identifier, messages, step, beside, second }: Shown): string {
  const form = (name: string, content: string) =>
    `<form action="${action}" method="POST" data-testid="${name}"><input data-testid="node/input/csrf_token" name="csrf_token" type="hidden" autocomplete="" value="${csrf}">${content}</form>`;
  const input = (name: string, label: string, type = "text", rest = "") =>
    `<div data-testid="node/input/${name}"><label for=":${name}${rest.length}:">${label} <span>*</span></label><input placeholder=" " id=":${name}${rest.length}:" name="${name}" type="${type}" ${rest} required></div>`;
  const button = (value: string, text: string, name = "method") =>
    `<div><button style="width:100%" type="submit" name="${name}" value="${value}">${text}</button></div>`;
  const identifierInput = input(
    "identifier",
    "E-Mail",
    "text",
    `autocomplete="username" value="${identifier}"`,
  );
  const passwordInput = `<div><label for=":pw:">Password <span>*</span></label><div style="position:relative"><input placeholder=" " id=":pw:" name="password" type="password" autocomplete="current-password" required value=""><div data-checked="false" tabindex="0" aria-label="Toggle password visibility" onclick="previousSibling.type='text'"><svg width="20" height="20"></svg></div></div></div>`;
  const others: Record<string, string> = {
    oidc: form("login-flow-oidc", button("google", "Sign in with google", "provider")),
    passkey: form(
      "passkey-flow",
      `<button type="button" name="passkey_login_trigger">Sign in with passkey</button>`,
    ),
    code: form("login-flow-code", identifierInput + button("code", "Send sign in code")),
    totp: form("totp-flow", input("totp_code", "Authentication code") + button("totp", "Use Authenticator")),
    lookup_secret: form(
      "lookup-secret-flow",
      input("lookup_secret", "Backup recovery code") + button("lookup_secret", "Use backup recovery code"),
    ),
    webauthn: form(
      "webauthn-flow",
      `<button type="button" name="webauthn_login_trigger">Use security key</button>`,
    ),
    send: form("login-flow-code", button(ada.username, `Send code to ${ada.username}`, "address")),
  };
  const forgot = `<a data-testid="forgot-password-link" href="/recovery">Forgot password?</a>`;
  const own = {
    unified: form(
      "login-flow",
      `${identifierInput}${passwordInput}${forgot}${button("password", "Sign in with password")}`,
    ),
    identifier: form("login-two-step", identifierInput + button("identifier_first", "Continue")),
    password: `${form(
      "login-flow",
      `<input name="identifier" type="hidden" autocomplete="username" value="${identifier}">${passwordInput}${forgot}${button("password", "Sign in with password")}`,
    )}<div>You are using:<div>${identifier}</div></div>`,
    second: second.map((one) => others[one === "code" ? "send" : one]).join("<hr>"),
  }[step];
  const below =
    step === "second"
      ? `Something's not working? <a data-testid="logout-link" href="/logout">Logout</a>`
      : `Don't have an account? <a data-testid="signup-link" href="/registration">Sign up</a>`;
  return page(
    "Sign in",
    `<div data-testid="login-auth-card"><h2>Sign in</h2>${messages
      .map(
        ({ id, text, error }) =>
          `<div class="ory_elements__grid__roeg5j0"><div class="ory_elements__message__1421i9r0 ory_elements__message_severity_${error ? "error__1421i9r4" : "info__1421i9r6"}" data-testid="ui/message/${id}">${text}</div></div>`,
      )
      .join(
        "",
      )}<hr>${step === "second" ? "" : beside.map((one) => others[one]).join("<hr>")}${own}<div>${below}</div></div>`,
  );
}

/** Fields are disabled until the page's code is awake; the code is one transparent input over six painted boxes. */
function reactPage(flow: Shown): string {
  return page(
    "Sign in",
    `<div id="root"></div><script>(${reactTheme.toString()})(${JSON.stringify(flow)})</script>`,
  );
}

function reactTheme(first: Shown) {
  const root = document.querySelector("#root") as HTMLElement;
  const csrf = (flow: Shown) => `<input name="csrf_token" type="hidden" value="${flow.csrf}">`;
  const button = (value: string, text: string, rest = 'type="submit" name="method"') =>
    `<button ${rest} value="${value}" data-testid="ory/form/node/button/method"><span>${text}</span></button>`;
  const identifier = (flow: Shown) =>
    `<div><span><label for="identifier">E-Mail</label><a href="/recovery">Recover Account</a></span><input name="identifier" id="identifier" type="text" autocomplete="username" placeholder="Enter your E-Mail" value="${flow.identifier}"></div>`;
  const password = `<div><span><label for="password">Password</label></span><div><input name="password" type="password" placeholder="Enter your Password" id="password" autocapitalize="off" autocomplete="current-password" spellcheck="false" value=""><button aria-hidden="true" type="button"><svg width="20" height="20"></svg></button></div></div>`;
  const otp = `<div><span><label for="totp_code">Authentication code</label></span><div data-input-otp-container="true" style="position:relative;width:300px;height:50px;user-select:none;pointer-events:none"><div style="display:flex">${"<div style='width:48px;height:48px;border:1px solid'><span></span></div>".repeat(6)}</div><div style="position:absolute;inset:0;pointer-events:none"><input autocomplete="one-time-code" name="totp_code" id="totp_code" type="text" data-input-otp="true" inputmode="numeric" aria-placeholder="Enter your Authentication code" style="position:absolute;inset:0;width:100%;height:100%;display:flex;opacity:1;color:transparent;pointer-events:all;background:transparent;caret-color:transparent;border:0 solid transparent;outline:0 solid transparent;letter-spacing:-.5em" maxlength="6" value=""></div></div></div>`;
  const picks: Record<string, string> = {
    code: "Send code to ada@example.test</span><span>A verification code will be sent to your email",
    totp: "Use your Authenticator App (TOTP)</span><span>Use a 6-digit one-time code from your authenticator app",
    lookup_secret: "Backup recovery code</span><span>Use up one of your 8-digit backup codes to authenticate",
    webauthn: "Security key</span><span>Use your security key to authenticate",
  };
  const beside: Record<string, string> = {
    passkey: button("", "Sign in with passkey", 'type="button" name="passkey_login_trigger"'),
    code: button("code", "Send sign in code"),
  };
  let picked = "";

  const content = (flow: Shown) => {
    if (flow.step === "identifier") return identifier(flow) + button("identifier_first", "Continue");
    if (flow.step === "unified")
      return `${identifier(flow)}${password}${button("password", "Sign in")}${flow.beside.map((one) => beside[one] ?? "").join("")}`;
    if (flow.step === "password")
      return `<input name="identifier" type="hidden" value="${flow.identifier}">${password}${button("password", "Sign in")}`;
    if (picked === "totp" || flow.second.join() === "totp") return otp + button("totp", "Use Authenticator");
    if (picked === "lookup_secret")
      return `<label>Backup recovery code <input name="lookup_secret"></label>${button("lookup_secret", "Use backup recovery code")}`;
    return flow.second
      .map(
        (one) =>
          `<button type="${one === "code" ? "submit" : "button"}" name="address" data-testid="ory/form/auth-picker/${one}"><span><svg width="10" height="10"></svg></span><span><span>${picks[one]}</span></span></button>`,
      )
      .join("<br>");
  };
  const render = (flow: Shown) => {
    const social = flow.beside.includes("oidc") && flow.step !== "second";
    root.innerHTML = `<div data-testid="ory/card"><header><h1>Acme</h1><div><h2>${flow.step === "second" ? "Second factor authentication" : "Sign in"}</h2><p>${flow.step === "second" ? "Choose a way to complete your second factor authentication" : "Sign in with your email and password"}</p></div></header>
      ${flow.messages.map(({ id, text, error }) => `<section><span data-testid="ory/message/${id}" class="${error ? "text-interface-foreground-validation-danger" : "text-interface-foreground-default-secondary"}">${text}</span></section>`).join("")}
      ${social ? `<form novalidate action="${flow.action}" method="POST">${csrf(flow)}<button type="submit" name="provider" value="google" aria-label="Sign in with google"><span>Sign in with google</span></button></form>` : ""}
      <form novalidate action="${flow.action}" method="POST" id="main">${csrf(flow)}${content(flow)}</form>
      <span>${flow.step === "second" ? `Something isn't working? <a href="/logout">Logout</a>` : `Don't have an account? <a href="/registration">Sign up</a>`}</span></div>`;
    for (const pick of root.querySelectorAll<HTMLElement>(
      "[data-testid^='ory/form/auth-picker/'][type=button]",
    ))
      pick.onclick = () => {
        picked = pick.dataset["testid"]?.split("/").at(-1) ?? "";
        render(flow);
      };
    for (const form of root.querySelectorAll("form")) {
      form.onsubmit = async (event) => {
        event.preventDefault();
        const body = new URLSearchParams(new FormData(form, event.submitter) as unknown as URLSearchParams);
        const answer = await fetch(flow.action, {
          method: "POST",
          body,
          headers: { accept: "application/json" },
        });
        if (answer.ok) location.assign("/self-service/login/browser");
        else if (answer.status === 400) render((await answer.json()) as Shown);
        else if (answer.status === 410)
          location.assign(`/login?flow=${((await answer.json()) as { use_flow_id: string }).use_flow_id}`);
        else location.assign("/error?id=security_csrf_violation");
      };
    }
  };
  render(first);
  const fields = root.querySelectorAll<HTMLInputElement | HTMLButtonElement>("input, button");
  for (const field of fields) field.disabled = true;
  setTimeout(() => {
    for (const field of fields) field.disabled = false;
  }, 150);
}
