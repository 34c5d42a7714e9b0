import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RevealedPasskey } from "../../src/identity/types.ts";
import { createGivenCredentials } from "../../src/login/given-credentials.ts";
import type { LoginResult } from "../../src/login/login.ts";
import { isPasskeyOffer } from "../../src/login/passkey-offer.ts";
import { createRedactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";
import { launchChromium } from "../support/chromium.ts";
import { type AttemptOptions, attemptLogin } from "../support/login-attempt.ts";
import { ada, page, type Routes } from "../support/login-site.ts";
import {
  type PasskeySite,
  passwordForm,
  registerPasskey,
  script,
  startPasskeySite,
} from "../support/passkey-site.ts";
import { startRemoteChromium } from "../support/remote-chromium.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const login = (body: string): Routes => ({ "GET /login": () => ({ html: page("Sign in", body + script) }) });

const beside = login(`${passwordForm}<button onclick="usePasskey()">Sign in with a passkey</button>`);
const passkeyFirst =
  login(`<h1>Welcome back</h1><button onclick="usePasskey()">Continue with a passkey</button>
  <a href="/password">Use your password instead</a>`);
const onlyPasskeys = login(
  `<h1>Sign in</h1><button onclick="usePasskey()">Use Face ID or a security key</button>`,
);
const autofill = login(`<h1>Sign in</h1><form method="post" action="/password">
  <label>E-mail <input name="username" autocomplete="username webauthn"></label>
  <label>Password <input name="password" type="password" autocomplete="current-password"></label>
  <button>Sign in</button></form><script>addEventListener("load", () => usePasskey("", "conditional"))</script>`);
const identifierFirst = (second: string): Routes => ({
  ...login(`<h1>Sign in</h1><form method="post" action="/who">
    <label>E-mail <input name="username" autocomplete="username"></label><button>Next</button></form>`),
  "POST /who": (_visit, { submits }) => {
    submits.username += 1;
    return { redirect: "/challenge" };
  },
  "GET /challenge": () => ({ html: page("Sign in", second + script) }),
});
const askedAtOnce = identifierFirst(`<h1>Use your passkey</h1><p>Follow your browser.</p>
  <a href="/password">Use password instead</a><script>addEventListener("load", () => usePasskey("${ada.username}"))</script>`);
const chooser = identifierFirst(`<h1>Enter your password</h1><form method="post" action="/password">
  <input name="username" value="${ada.username}" hidden>
  <label>Password <input name="password" type="password"></label><button>Next</button></form>
  <button onclick="methods.hidden = false; this.hidden = true">Try another way</button>
  <ul id="methods" hidden><li><button onclick="usePasskey('${ada.username}')">Use your passkey</button></li></ul>`);
const secondFactor: Routes = {
  ...login(passwordForm),
  "POST /password": (visit, site) =>
    site.takePassword(visit) ? { redirect: "/second" } : { redirect: "/password?error" },
  "GET /second": () => ({
    html: page(
      "Two-factor authentication",
      `<h1>Two-factor authentication</h1><p>Use your security key to finish.</p>
      <button onclick="usePasskey('${ada.username}')">Use security key</button>${script}`,
    ),
  }),
};
const named = login(`<h1>Sign in</h1><form onsubmit="return false">
  <label>User name <input name="username" id="u"></label>
  <button type="button" onclick="u.value ? usePasskey(u.value) : tell('Enter your user name first')">Sign in with a passkey</button></form>`);

interface Given {
  passkey?: RevealedPasskey;
  username?: string;
  password?: string;
}

/** One login with what is given and nothing else. */
async function signIn(
  site: PasskeySite,
  { passkey, username, password }: Given,
  more: Partial<AttemptOptions> = {},
): Promise<{ result: LoginResult; used: number[]; words: string }> {
  const used: number[] = [];
  const credentials = createGivenCredentials(
    {
      passkey,
      username: username === undefined ? undefined : new Secret(username),
      password: password === undefined ? undefined : new Secret(password),
      onPasskeyUsed: async (signCount) => void used.push(signCount),
    },
    createRedactor(),
  );
  await using attempt = await attemptLogin({
    browser,
    sourceUrl: `${site.origin}/home`,
    credentials,
    ...more,
  });
  const words = JSON.stringify([attempt.result, attempt.situations]);
  return { result: attempt.result, used, words };
}

const endOf = (result: LoginResult) => (result.status === "signed_in" ? "signed_in" : result.failure.code);

describe("a passkey signs in, and no password is submitted", () => {
  test.each<[string, Routes, Partial<Given>]>([
    ["by a button beside the password's form", beside, { username: ada.username, password: ada.password }],
    [
      "on a page that asks for a passkey first",
      passkeyFirst,
      { password: ada.password, username: ada.username },
    ],
    ["where nothing else is taken, without a user name", onlyPasskeys, {}],
    [
      "by the browser's own proposal in the user name's field",
      autofill,
      { username: ada.username, password: ada.password },
    ],
    [
      "after the user name, asked for without a click",
      askedAtOnce,
      { username: ada.username, password: ada.password },
    ],
    ["found behind “Try another way” by an identity without a password", chooser, { username: ada.username }],
    ["where the site wants to know whose it is first", named, { username: ada.username }],
  ])("%s", async (_name, shape, given) => {
    await using site = await startPasskeySite(shape);
    const passkey = await registerPasskey(browser, site);
    const { result, used } = await signIn(site, { passkey, ...given });
    expect(endOf(result)).toBe("signed_in");
    expect(site.site.submits.password).toBe(0);
    expect(site.counters).toEqual([passkey.signCount + 1]);
    expect([...new Set(used)]).toEqual([passkey.signCount + 1]);
  });
});

test("a passkey is the second factor after the password", async () => {
  await using site = await startPasskeySite(secondFactor);
  const passkey = await registerPasskey(browser, site);
  const { result } = await signIn(site, { passkey, username: ada.username, password: ada.password });
  expect(endOf(result)).toBe("signed_in");
  expect(site.site.submits.password).toBe(1);
  expect(site.signatures).toBe(1);
});

describe("a passkey that the site no longer knows", () => {
  const both = { username: ada.username, password: ada.password };
  /** Says nothing: it shows its first page again. */
  const silent: Routes = {
    ...onlyPasskeys,
    "POST /passkey/verify": () => ({ json: { next: "/login?again" } }),
  };

  test.each<[string, Routes]>([
    ["with the password's form beside it", beside],
    ["with a way to the password", passkeyFirst],
    ["after the user name", askedAtOnce],
    ["proposed in the user name's field", autofill],
  ])("gives way to the password, %s", async (_name, shape) => {
    await using site = await startPasskeySite(shape);
    const passkey = await registerPasskey(browser, site);
    site.revoke();
    const { result } = await signIn(site, { passkey, ...both });
    expect(endOf(result)).toBe("signed_in");
    expect(site.site.submits.password).toBe(1);
    expect(site.signatures).toBe(1);
  });

  test("is invalid_credentials with the site's words where there is no password", async () => {
    await using site = await startPasskeySite(onlyPasskeys);
    const passkey = await registerPasskey(browser, site);
    site.revoke();
    const { result } = await signIn(site, { passkey });
    expect(result).toMatchObject({
      status: "failed",
      failure: { code: "invalid_credentials" },
      siteMessage: "This passkey is not recognised.",
    });
    expect(site.signatures).toBe(1);
  });

  test("is invalid_credentials where the site asks to sign in again without a word", async () => {
    await using site = await startPasskeySite({
      ...silent,
      "GET /login": () => ({
        html: page(
          "Sign in",
          `${passwordForm}<button onclick="usePasskey()">Use a passkey</button>${script}`,
        ),
      }),
    });
    const passkey = await registerPasskey(browser, site);
    const { result } = await signIn(site, { passkey });
    expect(endOf(result)).toBe("invalid_credentials");
  });

  test("is invalid_credentials where the site names others, and no signature is made", async () => {
    await using site = await startPasskeySite(named);
    const passkey = await registerPasskey(browser, site);
    site.revoke();
    site.registered.set("AAAA", { id: "AAAA", publicKey: new Uint8Array(), counter: 0 });
    const { result, used } = await signIn(site, { passkey, username: ada.username });
    expect(result).toMatchObject({ failure: { code: "invalid_credentials" } });
    expect(used).toEqual([]);
  });
});

test("an identity without a passkey takes the password's way out of a page that asks for a passkey first", async () => {
  await using site = await startPasskeySite(passkeyFirst);
  const { result } = await signIn(site, { username: ada.username, password: ada.password });
  expect(endOf(result)).toBe("signed_in");
  expect(site.site.submits.password).toBe(1);
});

test("a passkey of another domain is not used, nor given to the browser", async () => {
  await using site = await startPasskeySite(beside);
  const passkey = { ...(await registerPasskey(browser, site)), rpId: "larch.example" };
  const { result, words } = await signIn(site, { passkey, username: ada.username, password: ada.password });
  expect(endOf(result)).toBe("signed_in");
  expect(site.site.submits.password).toBe(1);
  expect(words).toContain('"passkey":false');
});

test("a page of another domain gets no signature, though it asks for the passkey's", async () => {
  await using site = await startPasskeySite(beside);
  const passkey = await registerPasskey(browser, site);
  const { result } = await signIn(
    site,
    { passkey, username: ada.username, password: ada.password },
    { sourceUrl: `${site.site.origin}/home`, allowedDomains: ["localhost"] },
  );
  expect(endOf(result)).toBe("signed_in");
  expect(site.signatures).toBe(0);
  expect(site.site.submits.password).toBe(1);
});

test("a passkey's counter grows from login to login", async () => {
  await using site = await startPasskeySite(beside);
  let passkey = await registerPasskey(browser, site);
  for (let time = 0; time < 3; time += 1) {
    const { result, used } = await signIn(site, { passkey });
    expect(endOf(result)).toBe("signed_in");
    passkey = { ...passkey, signCount: used.at(-1) ?? 0 };
  }
  expect(site.counters).toEqual([2, 3, 4]);
});

test("a browser on another machine takes the passkey as well", { timeout: 60_000 }, async () => {
  await using site = await startPasskeySite(beside);
  const passkey = await registerPasskey(browser, site);
  await using remote = await startRemoteChromium();
  await using far = await chromium.connectOverCDP(remote.url, { noDefaults: true });
  const { result } = await signIn(site, { passkey }, { browser: far });
  expect(endOf(result)).toBe("signed_in");
  expect(site.counters).toEqual([2]);
});

test("a site that proposes a new passkey by itself does not get one", async () => {
  const proposal = `<h1>Sign in faster next time</h1><p>Creating your passkey …</p>
    <script>addEventListener("load", () => makePasskey().then(() => { location.href = "/home"; }))</script>`;
  await using site = await startPasskeySite({
    ...passkeyFirst,
    "POST /password": (visit, { submits }) => {
      submits.password += 1;
      visit.session.user = ada.username;
      return { redirect: "/proposal" };
    },
    "GET /proposal": () => ({ html: page("Sign in", proposal + script) }),
  });
  const passkey = await registerPasskey(browser, site);
  site.revoke();
  const { result } = await signIn(site, { passkey, username: ada.username, password: ada.password });
  expect(endOf(result)).toBe("signed_in");
  expect(site.registered.size).toBe(0);
});

test("after the login the browser holds no passkey, and nothing the login tells holds its key", async () => {
  await using site = await startPasskeySite(beside);
  const passkey = await registerPasskey(browser, site);
  const context = await browser.newContext();
  const tab = await context.newPage();
  const credentials = createGivenCredentials({ passkey }, createRedactor());
  await using attempt = await attemptLogin({
    browser,
    page: tab,
    sourceUrl: `${site.origin}/home`,
    credentials,
  });
  expect(endOf(attempt.result)).toBe("signed_in");
  const words = JSON.stringify([attempt.result, attempt.situations, await context.storageState()]);
  expect(words).not.toContain(passkey.privateKey.reveal());
  await tab.goto(`${site.origin}/login`);
  const [available, create] = await tab.evaluate(async () => [
    await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable(),
    navigator.credentials.create.toString(),
  ]);
  expect(available).toBe(false);
  expect(create).toContain("[native code]");
});

test.each([
  [
    "en",
    ["Sign in with a passkey", "Use your security key", "Face ID", "Log in with Touch ID", "Windows Hello"],
  ],
  ["de", ["Mit Passkey anmelden", "Sicherheitsschlüssel verwenden", "Mit Fingerabdruck anmelden"]],
  ["fr", ["Se connecter avec une clé d'accès", "Utiliser une clé de sécurité", "Empreinte digitale"]],
  ["es", ["Iniciar sesión con una llave de acceso", "Usar llave de seguridad", "Huella digital"]],
  ["pt", ["Entrar com chave de acesso", "Usar chave de segurança", "Impressão digital"]],
  ["it", ["Accedi con passkey", "Usa la chiave di sicurezza"]],
  ["nl", ["Inloggen met een toegangssleutel", "Beveiligingssleutel gebruiken"]],
  ["ja", ["パスキーでログイン", "セキュリティキーを使用", "指紋認証でログイン"]],
  ["zh", ["使用通行密钥登录", "使用安全密钥", "指纹登录"]],
])("an offer to use a passkey is known in %s", (_language, texts) => {
  for (const text of texts) expect.soft(isPasskeyOffer(text), text).toBe(true);
});

test.each([
  "Create a passkey",
  "Add a security key",
  "Set up Face ID",
  "Learn more about passkeys",
  "What is a passkey?",
  "Manage passkeys",
  "Lost your security key?",
  "Passkey erstellen",
  "Créer une clé d'accès",
  "Crear una llave de acceso",
  "Criar uma chave de acesso",
  "パスキーを作成",
  "创建通行密钥",
  "Sign in",
  "Use your password",
])("“%s” is no offer to use a passkey", (text) => {
  expect(isPasskeyOffer(text)).toBe(false);
});
