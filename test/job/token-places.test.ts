import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Identity } from "../../src/identity/types.ts";
import { type Service, startService } from "../../src/main.ts";
import { Secret } from "../../src/secret.ts";
import { ada, type LoginSite, page, startLoginSite } from "../support/login-site.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { ended, submit } from "../support/runs.ts";

/** How an app keeps the token that signs its user in: each a pair of functions of the page. */
const places = {
  "a cookie": `const save = (token) => { document.cookie = "token=" + token + "; path=/" };
    const load = () => /token=([^;]+)/.exec(document.cookie)?.[1];`,
  localStorage: `const save = (token) => { localStorage.setItem("token", token) };
    const load = () => localStorage.getItem("token");`,
  sessionStorage: `const save = (token) => { sessionStorage.setItem("token", token) };
    const load = () => sessionStorage.getItem("token");`,
  IndexedDB: `const store = async (mode, use) => {
      const db = await new Promise((done, fail) => {
        const opening = indexedDB.open("app", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("auth");
        opening.onsuccess = () => done(opening.result);
        opening.onerror = () => fail(opening.error);
      });
      return await new Promise((done) => {
        const request = use(db.transaction("auth", mode).objectStore("auth"));
        request.onsuccess = () => done(request.result);
      });
    };
    const save = (token) => store("readwrite", (auth) => auth.put({ token }, "me"));
    const load = async () => (await store("readonly", (auth) => auth.get("me")))?.token;`,
};

let tokens = new Set<string>();
let site: LoginSite;
let ground: TestParts;
let service: Service;

beforeAll(async () => {
  site = await startLoginSite({
    ...Object.fromEntries(
      Object.entries(places).map(([place, code]) => [`GET ${addressOf(place)}`, () => ({ html: app(code) })]),
    ),
    "GET /api/me": ({ headers }) =>
      tokens.has(headers.authorization ?? "") ? { json: { name: "Ada" } } : { status: 401, json: {} },
    "POST /api/login": (visit, own) => {
      if (!own.takePassword(visit)) return { status: 403, json: {} };
      const token = randomUUID();
      tokens.add(token);
      return { json: { token } };
    },
  });
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
  service = await startService(ground.parts, new Set(["worker"]));
});
afterAll(async () => {
  await service.stop(1_000);
  await ground[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

function addressOf(place: string): string {
  return `/${place.replaceAll(" ", "-").toLowerCase()}`;
}

/** A single-page app: who it is, or a form, at one address. */
function app(code: string): string {
  return page(
    "Larch",
    `<main>Loading…</main><script type="module">${code}
    const main = document.querySelector("main");
    const form = () => {
      main.innerHTML = '<h1>Sign in</h1><form><label>E-mail <input name=username type=email></label><label>Password <input name=password type=password></label><button>Sign in</button></form>';
      main.querySelector("form").onsubmit = async (event) => {
        event.preventDefault();
        const answer = await fetch("/api/login", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(Object.fromEntries(new FormData(event.target))) });
        if (!answer.ok) return;
        await save((await answer.json()).token);
        await show();
      };
    };
    const show = async () => {
      const answer = await fetch("/api/me", { headers: { authorization: (await load()) ?? "" } });
      if (!answer.ok) return form();
      main.innerHTML = '<nav><a href="#orders">Orders</a> <button>Sign out</button></nav><h1>Welcome, Ada</h1><p>You have three open orders.</p>';
    };
    await show();</script>`,
  );
}

async function newIdentity(place: string): Promise<Identity> {
  const { identities } = await ground.parts.store();
  return await identities.create(
    "default",
    {
      name: `in ${place}`,
      sourceUrl: `${site.origin}${addressOf(place)}`,
      credentials: [
        {
          type: "username_password",
          username: new Secret(ada.username),
          password: new Secret(ada.password),
        },
      ],
    },
    { name: "test" },
  );
}

async function look(identityId: string) {
  const runId = await submit(ground.parts, { identityId, flow: "trial/look" });
  const { outcome, stages } = await ended(ground.parts, runId);
  return {
    heading: outcome?.status === "succeeded" ? (outcome.result as { heading: string }).heading : outcome,
    login: stages.find(({ name }) => name === "login")?.detail,
  };
}

describe.each(Object.keys(places))("an app that keeps its token in %s", (place) => {
  test("is signed in to once, is signed in from the saved state next, and anew when it has ended the session", async () => {
    const { id } = await newIdentity(place);
    const welcome = "Welcome, Ada";
    expect(await look(id)).toEqual({ heading: welcome, login: "signed in (1 password, 0 code)" });
    expect(await look(id)).toEqual({ heading: welcome, login: "saved state reused" });
    tokens = new Set();
    expect(await look(id)).toEqual({ heading: welcome, login: "signed in (1 password, 0 code)" });
    expect(await look(id)).toEqual({ heading: welcome, login: "saved state reused" });
  });
});
