import { createHash } from "node:crypto";
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from "@simplewebauthn/server";
import type { Browser } from "playwright-core";
import { openVirtualAuthenticator } from "../../src/browser/virtual-authenticator.ts";
import { passkeyOf } from "../../src/identity/credentials/passkey-of.ts";
import type { RevealedPasskey } from "../../src/identity/types.ts";
import { ada, type LoginSite, page, type Routes, type Session, startLoginSite } from "./login-site.ts";

/** A small site that takes passkeys as sites do: its relying party's id is `localhost`, its verifier a real one. */
export interface PasskeySite extends AsyncDisposable {
  /** `http://localhost:<port>`. */
  readonly origin: string;
  readonly site: LoginSite;
  /** Ada's passkeys, by id. */
  readonly registered: Map<string, WebAuthnCredential>;
  /** The counters of the signatures it took, in order. */
  readonly counters: number[];
  /** Signatures it was given, taken or not. */
  signatures: number;
  /** From now on it knows none of her passkeys. */
  revoke(): void;
}

const rpID = "localhost";

export async function startPasskeySite(shape: Routes): Promise<PasskeySite> {
  const registered = new Map<string, WebAuthnCredential>();
  const counters: number[] = [];

  const registerOptions = async (session: Session) => {
    const options = await generateRegistrationOptions({
      rpName: "Larch",
      rpID,
      userName: ada.username,
      userID: new Uint8Array(createHash("sha256").update(ada.username).digest().subarray(0, 16)),
      excludeCredentials: [...registered.keys()].map((id) => ({ id })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
    session["challenge"] = options.challenge;
    return options;
  };
  const assertOptions = async (session: Session, username: string) => {
    const options = await generateAuthenticationOptions({
      rpID,
      userVerification: "required",
      ...(username === ""
        ? {}
        : {
            allowCredentials: [...registered.values()].map(({ id, transports = [] }) => ({ id, transports })),
          }),
    });
    session["challenge"] = options.challenge;
    return options;
  };
  const verify = async (session: Session, response: AuthenticationResponseJSON): Promise<boolean> => {
    const credential = registered.get(response.id);
    if (credential === undefined) return false;
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: String(session["challenge"]),
      expectedOrigin: passkeySite.origin,
      expectedRPID: rpID,
      credential,
    });
    credential.counter = authenticationInfo.newCounter;
    if (verified) counters.push(credential.counter);
    return verified;
  };

  const routes: Routes = {
    "GET /passkeys": ({ session }) =>
      session.user === undefined
        ? { redirect: "/login" }
        : {
            html: page(
              "Your passkeys",
              `<form method="post" action="/logout"><button>Sign out</button></form><h1>Passkeys</h1>
              <p id="count">${registered.size}</p><button onclick="makePasskey()">Create a passkey</button>${script}`,
            ),
          },
    // Makes one by itself.
    "GET /passkeys/new": () => ({
      html: page(
        "A passkey for you",
        `<h1>Your passkey</h1>${script}<script>addEventListener("load", makePasskey)</script>`,
      ),
    }),
    "GET /let-ada-in": ({ session }) => {
      session.user = ada.username;
      return { redirect: "/passkeys" };
    },
    "POST /passkey/register-options": async ({ session }) => ({ json: await registerOptions(session) }),
    "POST /passkey/register": async ({ session, form }) => {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: JSON.parse(form.get("response") ?? "") as RegistrationResponseJSON,
        expectedChallenge: String(session["challenge"]),
        expectedOrigin: passkeySite.origin,
        expectedRPID: rpID,
      });
      if (!verified) return { status: 400, json: { error: "That passkey could not be saved." } };
      registered.set(registrationInfo.credential.id, registrationInfo.credential);
      return { json: { next: "/passkeys" } };
    },
    "POST /passkey/options": async ({ session, form }) => ({
      json: await assertOptions(session, form.get("username") ?? ""),
    }),
    "POST /passkey/verify": async ({ session, form }) => {
      passkeySite.signatures += 1;
      const response = JSON.parse(form.get("response") ?? "") as AuthenticationResponseJSON;
      const taken = await verify(session, response).catch(() => false);
      if (!taken) return { status: 401, json: { error: "This passkey is not recognised." } };
      session.user = ada.username;
      return { json: { next: "/home" } };
    },
    "GET /password": ({ query }) => ({
      html: page(
        "Sign in",
        `${query.has("error") ? '<div role="alert">Wrong user name or password.</div>' : ""}${passwordForm}`,
      ),
    }),
    "POST /password": (visit, site) => {
      if (!site.takePassword(visit)) return { redirect: "/password?error" };
      visit.session.user = ada.username;
      return { redirect: "/home" };
    },
    ...shape,
  };
  const site = await startLoginSite(routes);
  const passkeySite: PasskeySite = {
    origin: site.at("localhost"),
    site,
    registered,
    counters,
    signatures: 0,
    revoke: () => registered.clear(),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
  return passkeySite;
}

/** Her user name and password on one page. */
export const passwordForm = `<h1>Sign in</h1><form method="post" action="/password">
  <label>E-mail <input name="username" type="email" autocomplete="username"></label>
  <label>Password <input name="password" type="password" autocomplete="current-password"></label>
  <button>Sign in</button></form>`;

/** `usePasskey(username?, mediation?)` and `makePasskey()`, and where they say what went wrong. */
export const script = `<div id="said"></div><script>
  const tell = (text) => { document.getElementById("said").innerHTML = '<p role="alert"></p>'; document.querySelector("#said p").textContent = text; };
  const call = async (path, body = {}) => {
    const response = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return { ok: response.ok, ...(await response.json()) };
  };
  async function usePasskey(username = "", mediation = undefined) {
    try {
      const { ok, ...options } = await call("/passkey/options", { username });
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const credential = await navigator.credentials.get({ publicKey, ...(mediation && { mediation }) });
      const answer = await call("/passkey/verify", { response: JSON.stringify(credential.toJSON()) });
      if (answer.ok) location.href = answer.next; else tell(answer.error);
    } catch (error) {
      tell("Your passkey could not be used: the operation was not allowed.");
    }
  }
  async function makePasskey() {
    try {
      const { ok, ...options } = await call("/passkey/register-options");
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
      const credential = await navigator.credentials.create({ publicKey });
      const answer = await call("/passkey/register", { response: JSON.stringify(credential.toJSON()) });
      if (answer.ok) location.href = answer.next; else tell(answer.error);
    } catch (error) {
      tell("The passkey was not created.");
    }
  }
</script>`;

/** A passkey that the site registered through its own page, in Chromium's authenticator. */
export async function registerPasskey(browser: Browser, site: PasskeySite): Promise<RevealedPasskey> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const added = Promise.withResolvers<RevealedPasskey>();
    await using _authenticator = await openVirtualAuthenticator({
      page,
      transports: ["internal"],
      onAdded: (held) => added.resolve(passkeyOf(held)),
    });
    await page.goto(`${site.origin}/let-ada-in`);
    await page.click("text=Create a passkey");
    await page.waitForFunction(() => document.getElementById("count")?.textContent === "1");
    return await added.promise;
  } finally {
    await context.close();
  }
}
