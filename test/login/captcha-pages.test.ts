import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, page, type Routes, startLoginSite } from "../support/login-site.ts";
import { explain } from "../support/page-shapes.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A page whose requests to other hosts, a captcha's own, are answered here. */
async function pageWithoutInternet(): Promise<Page> {
  const context = await browser.newContext();
  await context.route(
    (url) => url.hostname !== "127.0.0.1",
    (route) =>
      route.request().resourceType() === "script"
        ? route.fulfill({ contentType: "text/javascript", body: "" })
        : route.fulfill({ contentType: "text/html", body: "<p>Prove that you are human</p>" }),
  );
  return await context.newPage();
}

const login = (widget: string, head = "") => ({
  html: page(
    "Log in",
    `<h1>Log in</h1><form method="post" action="/login"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label>${widget}<button>Log in</button></form>`,
    { head },
  ),
});
const accepting: Routes = {
  "POST /login": (visit, site) => {
    if (site.takePassword(visit)) visit.session.user = ada.username;
    return { redirect: "/home" };
  },
};
const frame = (source: string, width: number, height: number, rest = "") =>
  `<iframe src="${source}" width="${width}" height="${height}" style="border:0" ${rest}></iframe>`;
const block = (width: number, height: number, marks: string) =>
  `<div ${marks} style="width:${width}px;height:${height}px;background:#eee">I am human</div>`;
const picture = `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='120' height='40'/>" width="120" height="40">`;

const shown: [string, string][] = [
  [
    "reCAPTCHA's box",
    `<div class="g-recaptcha" data-sitekey="k"><div style="width:304px;height:78px">${frame("https://www.google.com/recaptcha/api2/anchor?ar=1&k=k&size=normal", 304, 78, 'title="reCAPTCHA"')}<textarea name="g-recaptcha-response" style="display:none"></textarea></div></div>`,
  ],
  [
    "reCAPTCHA Enterprise's box",
    frame("https://www.recaptcha.net/recaptcha/enterprise/anchor?ar=1&k=k&size=compact", 164, 144),
  ],
  [
    "the place of a reCAPTCHA whose script never comes",
    `<script src="https://www.google.com/recaptcha/api.js" async defer></script><div class="g-recaptcha" data-sitekey="k"></div>`,
  ],
  [
    "hCaptcha's box",
    `<div class="h-captcha" data-sitekey="k">${frame("https://newassets.hcaptcha.com/captcha/v1/a/static/hcaptcha.html#frame=checkbox&id=0", 303, 78)}<textarea name="h-captcha-response" style="display:none"></textarea></div>`,
  ],
  [
    "Turnstile in a closed shadow root, not answered",
    `<div class="cf-turnstile" data-sitekey="k" style="width:300px;height:65px"><div><input type="hidden" name="cf-turnstile-response"></div></div>`,
  ],
  ["Arkose", frame("https://client-api.arkoselabs.com/fc/gc/?token=1", 302, 290)],
  [
    "Arkose under the site's own name",
    frame("https://verify.shop.example/fc/assets/ec-game-core/bootstrap/index.html", 302, 290),
  ],
  ["FunCaptcha", block(302, 290, 'id="FunCaptcha"')],
  ["DataDome", frame("https://geo.captcha-delivery.com/captcha/?initialCid=1&hash=1", 500, 400)],
  ["HUMAN", block(310, 100, 'id="px-captcha"')],
  ["AWS WAF", `<awswaf-captcha style="display:block;width:320px;height:480px"></awswaf-captcha>`],
  [
    "GeeTest 3",
    `<div class="geetest_holder geetest_wind" style="width:300px;height:44px">Click to verify</div>`,
  ],
  [
    "GeeTest 4",
    `<div class="geetest_captcha geetest_boxShow"><div class="geetest_btn" style="width:300px;height:50px">Click to verify</div></div>`,
  ],
  [
    "Friendly Captcha that never solves itself",
    `<div class="frc-captcha" data-sitekey="k" style="width:300px;height:70px"><input name="frc-captcha-solution" type="hidden" value=".UNSTARTED"></div>`,
  ],
  [
    "the letters of a picture",
    `${picture}<label>Enter the characters you see in the picture <input name="letters"></label>`,
  ],
  [
    "the letters of a picture, in Chinese",
    `<div><input name="validCode" placeholder="请输入验证码" maxlength="4">${picture}</div>`,
  ],
  ["the letters of a picture, in Japanese", `<p>画像認証</p><div>${picture}<br><input name="c"></div>`],
  [
    "the letters of a picture, in German",
    `<p>Bitte geben Sie die Zeichen aus dem Bild ein</p><div><input name="security_code">${picture}</div>`,
  ],
];

const quiet: [string, string][] = [
  [
    "reCAPTCHA v3",
    `<div class="grecaptcha-badge" style="position:fixed;right:0;bottom:14px;width:256px;height:60px">${frame("https://www.google.com/recaptcha/api2/anchor?ar=1&k=k&size=invisible", 256, 60)}<textarea name="g-recaptcha-response" style="display:none"></textarea></div>`,
  ],
  [
    "reCAPTCHA v2 bound to the button",
    `<div style="visibility:hidden;position:absolute;width:100%;top:-10000px;left:0"><div style="width:400px;height:580px">${frame("https://www.google.com/recaptcha/api2/bframe?k=k", 400, 580)}</div></div><script>addEventListener("DOMContentLoaded", () => { const button = document.querySelector("form > button"); button.className = "g-recaptcha"; button.dataset.sitekey = "k"; button.dataset.callback = "f"; });</script>`,
  ],
  [
    "an invisible hCaptcha",
    `<div class="h-captcha" data-sitekey="k" data-size="invisible">${frame("https://newassets.hcaptcha.com/captcha/v1/a/static/hcaptcha.html#frame=checkbox-invisible", 303, 78, "hidden")}</div>`,
  ],
  [
    "Turnstile that lets the browser pass by itself",
    `<div class="cf-turnstile" data-sitekey="k" style="width:300px;height:65px"><input type="hidden" name="cf-turnstile-response" id="r"></div><script>setTimeout(() => { r.value = "1.token"; r.parentElement.append("Success!"); }, 700);</script>`,
  ],
  [
    "Arkose's waiting frame",
    frame("https://client-api.arkoselabs.com/v2/K/enforcement.abc123.html", 0, 0, "hidden"),
  ],
  [
    "a reCAPTCHA for others, kept hidden until a login fails",
    `<div style="display:none"><div class="g-recaptcha" data-sitekey="k"></div></div>`,
  ],
  [
    "the sensor of a bot manager",
    `<script src="https://client.px-cloud.net/PX1/main.min.js"></script><script src="https://x.token.awswaf.com/a/b/challenge.js"></script>`,
  ],
  ["a logo beside the password", `<div>${picture}<p>Your code of conduct applies.</p></div>`],
];

/** Pages that are nothing but a challenge. */
const interstitials: [string, number, string][] = [
  [
    "Cloudflare's",
    403,
    page(
      "Just a moment...",
      `<h1>shop.example</h1><p>Verifying you are human. This may take a few seconds.</p><p>shop.example needs to review the security of your connection before proceeding.</p><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=1"></script>`,
    ),
  ],
  [
    "DataDome's",
    403,
    page(
      "shop.example",
      `<p id="cmsg" style="display:none">Please enable JS and disable any ad blocker</p>${frame("https://geo.captcha-delivery.com/interstitial/?initialCid=1", 800, 600)}`,
    ),
  ],
  [
    "HUMAN's",
    403,
    page(
      "Access to this page has been denied",
      `<h1>Before we continue...</h1><p>Press &amp; Hold to confirm you are a human (and not a bot).</p>${block(310, 100, 'id="px-captcha"')}`,
    ),
  ],
  [
    "AWS WAF's",
    405,
    page(
      "Human Verification",
      `<script src="https://a.captcha.awswaf.com/b/captcha.js"></script><div id="captcha-container">Let's confirm you are human</div>`,
    ),
  ],
];

const attempt = async (routes: Routes) => {
  const site = await startLoginSite(routes);
  const attempted = await attemptLogin({
    browser,
    page: await pageWithoutInternet(),
    sourceUrl: `${site.origin}/home`,
  });
  return {
    site,
    ...attempted,
    async [Symbol.asyncDispose]() {
      await attempted[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
    },
  };
};

describe.concurrent("nothing is typed beside", () => {
  test.each(shown)("%s", async (_name, widget) => {
    await using attempted = await attempt({ ...accepting, "GET /login": () => login(widget) });
    const { site, result } = attempted;
    expect(result, explain(result, site).steps.join("\n")).toMatchObject({
      status: "failed",
      failure: { code: "captcha_required" },
      submits: { password: 0, code: 0 },
    });
    expect(site.submits.password).toBe(0);
  });

  test.each(interstitials)("a page of %s that is nothing but a challenge", async (_name, status, html) => {
    await using attempted = await attempt({ ...accepting, "GET /login": () => ({ status, html }) });
    const { site, result, tookMs } = attempted;
    expect(result, explain(result, site).steps.join("\n")).toMatchObject({
      status: "failed",
      failure: { code: "captcha_required" },
    });
    expect(tookMs).toBeLessThan(20_000);
  });
});

describe.concurrent("a login is not stopped by", () => {
  test.each(quiet)("%s", async (_name, widget) => {
    await using attempted = await attempt({ ...accepting, "GET /login": () => login(widget) });
    const { site, result } = attempted;
    expect(result, explain(result, site).steps.join("\n")).toMatchObject({ status: "signed_in" });
    expect(site.submits).toMatchObject({ password: 1, code: 0 });
  });

  test("a browser check that leads on to the login by itself", async () => {
    const [[, status, html] = ["", 0, ""]] = interstitials;
    await using attempted = await attempt({
      ...accepting,
      "GET /login": ({ session }) => {
        if (session["checked"] === true) return login("");
        session["checked"] = true;
        return {
          status,
          html: html.replace("</body>", "<script>setTimeout(() => location.reload(), 1500)</script>"),
        };
      },
    });
    expect(attempted.result.status).toBe("signed_in");
  });
});

test("a challenge that pops up at the submit stops the login, and nothing was sent", async () => {
  await using attempted = await attempt({
    ...accepting,
    "GET /login": () =>
      login(
        `<div id="pop" style="visibility:hidden;position:absolute;top:-10000px">${frame("https://www.google.com/recaptcha/api2/bframe?k=k", 400, 580)}</div><script>addEventListener("submit", (event) => { event.preventDefault(); setTimeout(() => { pop.style.visibility = "visible"; pop.style.top = "10px"; }, 600); });</script>`,
      ),
  });
  expect(attempted.result).toMatchObject({
    status: "failed",
    failure: { code: "captcha_required" },
    submits: { password: 1 },
  });
  expect(attempted.site.submits.password).toBe(0);
});
