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
    "a spinner that spins for ever",
    () => ({
      html: page(
        "Loading",
        `<div class="spinner" style="width:40px;height:40px" role="progressbar">Loading…</div><script>let n = 0; setInterval(() => { document.querySelector("div").style.rotate = (n += 10) + "deg"; }, 40)</script>`,
      ),
    }),
  ],
  [
    "a page that asks its server again and again",
    () => ({
      html: page(
        "Board",
        `<h1>Departures</h1><p id=t>The next train leaves in a while from platform three.</p><script>setInterval(async () => { await fetch("/departures"); t.append("."); }, 300)</script>`,
      ),
    }),
  ],
  [
    "a shop",
    () => ({
      html: page(
        "Garden shop",
        `<header><form role=search action=/never><input type=search name=q placeholder="Search products"><button>Search</button></form><a href=/cart>Cart (0)</a></header><h1>Spring offers</h1><ul><li>Spade <b>12 €</b> <form method=post action=/never><input type=number name=amount value=1 aria-label=Amount><button>Add to cart</button></form></li></ul><footer><form method=post action=/never><label>Discount code <input name=code></label><button>Apply</button></form></footer>`,
      ),
    }),
  ],
  [
    "a newspaper with a newsletter in a dialog",
    () => ({
      html: page(
        "The Daily",
        `<h1>Rain in the north</h1><p>It will rain for days, forecasters said.</p><div role=dialog aria-modal=true style="position:fixed;inset:20%;background:#fff"><h2>Never miss a story</h2><form method=post action=/never><input type=email name=email autocomplete=email placeholder="E-mail address"><button>Continue</button></form><button type=button>No thanks</button></div>`,
      ),
    }),
  ],
  [
    "a page to unsubscribe",
    () => ({
      html: page(
        "Unsubscribe",
        `<h1>Unsubscribe</h1><p>Enter your e-mail address and confirm.</p><form method=post action=/never><label>E-mail address <input type=email name=email></label><button>Confirm</button></form>`,
      ),
    }),
  ],
  [
    "a form to sign up whose fields have marks for autofill",
    () => ({
      html: page(
        "Sign up",
        `<h1>Start your free trial</h1><form method=post action=/never><input type=email name=email autocomplete=username placeholder="Work e-mail"><input type=password name=password autocomplete=new-password placeholder="Password"><button>Get started</button></form>`,
      ),
    }),
  ],
  [
    "a form to choose a new password by a link from a mail",
    () => ({
      html: page(
        "Reset",
        `<h1>Choose a new password</h1><form method=post action=/never><label>New password <input type=password name=p autocomplete=new-password></label><button>Reset password</button></form>`,
      ),
    }),
  ],
  [
    "a page to redeem a gift",
    () => ({
      html: page(
        "Redeem",
        `<h1>Redeem your gift card</h1><form method=post action=/never><label>Gift code <input name=code maxlength=8></label><label>PIN <input type=password name=pin maxlength=4></label><button>Redeem</button></form>`,
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
    expect(attempt.tookMs).toBeLessThan(25_000);
    expect(attempt.situations.length).toBeGreaterThan(0);
  });
});
