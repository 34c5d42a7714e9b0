import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { page, type Routes, startLoginSite } from "../support/login-site.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const pages: [string, Routes["GET /"]][] = [
  [
    "an article",
    () => ({
      html: page(
        "News",
        "<h1>Rain in the north</h1><p>It will rain for days, forecasters said, and then it will stop.</p><a href=/more>Read more</a>",
      ),
    }),
  ],
  [
    "a search page",
    () => ({
      html: page(
        "Search",
        "<form action=/never><input name=q type=search><button>Search</button></form><p>Millions of pages, at your fingertips, today.</p>",
      ),
    }),
  ],
  [
    "a form to sign up",
    () => ({
      html: page(
        "Join",
        "<h1>Create your account</h1><form method=post action=/never><label>Name<input name=n></label><label>E-mail<input name=e type=email></label><label>Password<input type=password name=p></label><button>Create account</button></form>",
      ),
    }),
  ],
  [
    "a form to change the password",
    () => ({
      html: page(
        "Password",
        "<h1>Change password</h1><form method=post action=/never><label>Current password<input type=password name=o></label><label>New password<input type=password name=a></label><label>Confirm password<input type=password name=b></label><button>Save</button></form>",
      ),
    }),
  ],
  [
    "a form to reset the password",
    () => ({
      html: page(
        "Forgot password",
        "<h1>Reset your password</h1><p>Enter your e-mail and we will send you a link to reset it.</p><form method=post action=/never><label>E-mail<input name=e type=email></label><button>Send reset link</button></form>",
      ),
    }),
  ],
  [
    "a newsletter",
    () => ({
      html: page(
        "Subscribe",
        "<h1>Our newsletter</h1><form method=post action=/never><input type=email name=email placeholder='Your e-mail address'><button>Subscribe</button></form>",
      ),
    }),
  ],
  [
    "a shop's checkout",
    () => ({
      html: page(
        "Checkout",
        "<h1>Checkout</h1><form method=post action=/never><label>Name on card<input name=n autocomplete=cc-name></label><label>Card number<input name=c inputmode=numeric></label><label>Security code (CVC)<input name=v inputmode=numeric maxlength=4 autocomplete=cc-csc></label><label>Postal code<input name=z></label><label>Promo code<input name=pc></label><button>Pay</button></form>",
      ),
    }),
  ],
  [
    "a contact form",
    () => ({
      html: page(
        "Contact",
        "<h1>Write to us</h1><form method=post action=/never><label>Name<input name=name></label><label>E-mail<input name=email></label><label>Message<textarea name=m></textarea></label><button>Send</button></form>",
      ),
    }),
  ],
  ["an empty page", () => ({ html: "" })],
  [
    "a page that was not found",
    () => ({
      status: 404,
      html: page(
        "Not found",
        "<h1>404</h1><p>There is nothing at this address, and maybe there never was.</p>",
      ),
    }),
  ],
  [
    "a page that never stands still",
    () => ({
      html: page(
        "Clock",
        "<h1 id=t></h1><p>The time in the town hall, as the tower tells it.</p><script>setInterval(() => { t.textContent = performance.now(); }, 50)</script>",
      ),
    }),
  ],
  [
    "a page of an intranet's wiki that speaks of logging in",
    () => ({
      html: page(
        "How to log in",
        "<h1>How to log in</h1><p>Ask the desk for your user name and your password. Your password is invalid after a year.</p>",
      ),
    }),
  ],
];

describe("a page that is no login is left alone: login_unrecognised, nothing submitted, in bounded time:", () => {
  test.concurrent.each(pages)("%s", async (_name, route) => {
    await using site = await startLoginSite({ "GET /": route ?? (() => ({})) });
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/` });
    expect(attempt.result).toMatchObject({
      status: "failed",
      failure: { code: "login_unrecognised" },
      submits: { password: 0, code: 0 },
    });
    expect(site.submits).toEqual({ password: 0, code: 0, username: 0, other: 0 });
    expect(attempt.tookMs).toBeLessThan(28_000);
    expect(attempt.situations.length).toBeGreaterThan(0);
  });
});
