import { createHash } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSignedIn } from "../../src/login/signed-in.ts";
import { launchChromium, silent } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { type Answer, ada, type LoginSite, page, startLoginSite, type Visit } from "../support/login-site.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const inside: Answer = {
  html: page(
    "Control",
    "<h1>Control panel</h1><p>Everything runs, and nothing is in the queue at present.</p>",
  ),
};
const challenge = (scheme: string): Answer => ({
  status: 401,
  headers: { "www-authenticate": scheme },
  html: "401: Unauthorized",
});

const basic = ({ headers }: Visit, site: LoginSite): Answer => {
  const given = /^Basic (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (given === undefined) return challenge('Basic realm="Control", charset="UTF-8"');
  site.submits.password += 1;
  return Buffer.from(given, "base64").toString() === `${ada.username}:${ada.password}`
    ? inside
    : challenge('Basic realm="Control"');
};

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
/** RFC 7616 with MD5, as routers and printers speak it. */
const digest = (visit: Visit, site: LoginSite): Answer => {
  const given = visit.headers.authorization;
  const ask = challenge('Digest realm="Printer", qop="auth", nonce="n0", algorithm=MD5');
  if (given === undefined) return ask;
  site.submits.password += 1;
  const part = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(given)?.[1] ?? "";
  const a1 = md5(`${ada.username}:Printer:secret-ascii`);
  const expected = md5(`${a1}:n0:${part("nc")}:${part("cnonce")}:auth:${md5(`GET:${part("uri")}`)}`);
  return part("response") === expected ? inside : ask;
};

describe("HTTP authentication", () => {
  test("is answered once, remembered for the context, and not told apart from a signed-in page", async () => {
    await using site = await startLoginSite({ "GET /panel": basic });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/panel` });
    expect(attempt.result).toMatchObject({ status: "signed_in", submits: { password: 1, code: 0 } });
    const check = await checkSignedIn({
      page: await attempt.context.newPage(),
      sourceUrl: `${site.origin}/panel`,
      signal: AbortSignal.timeout(20_000),
      log: silent,
    });
    expect(check.signedIn).toBe(true);
  });

  test("is proved by the very page that was refused before: it is not opened a third time", async () => {
    await using site = await startLoginSite({ "GET /panel": basic });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/panel` });
    expect(attempt.result.decisions.at(-1)).toMatchObject({
      action: "signed in",
      reason: expect.stringContaining("refused before"),
    });
    // Refused; refused and, with the credentials, given.
    expect(site.requests.filter((request) => request === "GET /panel")).toHaveLength(3);
  });

  test("is not taken for a login where the page behind it asks for one of its own", async () => {
    const behind = page(
      "Shop",
      `<h1>The shop</h1><p>Everything a person could want to buy, and more of it every day of the week.</p>
      <script>fetch("/me").then(() => { document.body.innerHTML = '<form method="post" action="/never"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button>Log in</button></form>'; })</script>`,
    );
    await using site = await startLoginSite({
      "GET /panel": (visit, self) => {
        const answer = basic(visit, self);
        return answer.status === 401 ? answer : { html: behind };
      },
      "GET /me": () => ({ status: 200, json: {}, delayMs: 400 }),
    });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/panel` });
    expect(attempt.result).toMatchObject({ status: "failed", submits: { password: 1 } });
    expect(site.submits.other).toBe(0);
  });

  test("with a wrong password is refused after one submit, in the site's own words", async () => {
    await using site = await startLoginSite({ "GET /panel": basic });
    await using attempt = await attemptLogin({
      browser,
      sourceUrl: `${site.origin}/panel`,
      password: "wrong",
    });
    expect(attempt.result).toMatchObject({
      status: "failed",
      failure: { code: "invalid_credentials" },
      submits: { password: 1 },
      siteMessage: "401: Unauthorized",
    });
    expect(site.submits.password).toBe(1);
  });

  test("by Digest works alike", async () => {
    for (const [password, status] of [
      ["secret-ascii", "signed_in"],
      ["wrong", "failed"],
    ] as const) {
      await using site = await startLoginSite({ "GET /panel": digest });
      await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/panel`, password });
      expect(attempt.result).toMatchObject({ status, submits: { password: 1 } });
      expect(site.submits.password).toBe(status === "signed_in" ? site.submits.password : 1);
    }
  });

  test("of an origin that is not allowed gets nothing", async () => {
    await using site = await startLoginSite({
      "GET /panel": basic,
      "GET /home": () => ({ redirect: `${site.at("www.elsewhere.localhost")}/panel` }),
    });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.at("shop.localhost")}/home` });
    expect(attempt.result).toMatchObject({
      status: "failed",
      failure: { code: "origin_not_allowed" },
      submits: { password: 0 },
    });
    expect(site.submits.password).toBe(0);
  });

  test("asked of a page's own request does not make the page hang", async () => {
    await using site = await startLoginSite({
      "GET /app": () => ({
        html: page(
          "Queues",
          `<form id=f><table><tr><th>Username:</th><td><input name=u></td></tr><tr><th>Password:</th><td><input type=password name=p></td></tr></table><button>Login</button></form><p id=m></p>
          <script>f.onsubmit = (event) => { event.preventDefault(); const request = new XMLHttpRequest(); request.open("GET", "/whoami", false); request.setRequestHeader("authorization", "Basic " + btoa(f.u.value + ":" + f.p.value)); request.send(); m.textContent = request.status === 200 ? "in" : "Login failed"; };</script>`,
        ),
      }),
      "GET /whoami": basic,
    });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/app`, password: "wrong" });
    expect(attempt.result).toMatchObject({
      status: "failed",
      failure: { code: "invalid_credentials" },
      siteMessage: "Login failed",
    });
    expect(site.submits.password).toBe(1);
    expect(attempt.tookMs).toBeLessThan(15_000);
  });
});
