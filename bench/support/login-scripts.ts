import type { Page } from "playwright-core";

/** What a script is given to sign in with. */
export interface Given {
  url: string;
  username: string;
  password: string;
  /** A one-time code of the present step. */
  code(): Promise<string>;
}

/**
 * The yardstick: for each application the shortest Playwright script that signs in to it, as somebody who knows its
 * page would write it. Whoever runs one waits afterwards until what only the signed in are shown is visible.
 */
export const loginScripts: Readonly<Record<string, (page: Page, given: Given) => Promise<void>>> = {
  async dokuwiki(page, { url, username, password }) {
    await page.goto(url);
    await page.fill("#dw__login [name=u]", username);
    await page.fill("#dw__login [name=p]", password);
    await page.click("#dw__login [type=submit]");
  },
  async glewlwyd(page, { url, username, password, code }) {
    await page.goto(url);
    // A notice lies over it for six seconds: a click would wait until it is gone.
    await page.dispatchEvent("button[title='Log in']", "click");
    await page.fill("#username", username);
    await page.fill("#password", password);
    await page.click("#loginbut");
    const field = page.locator("[name=value]");
    await field.waitFor();
    await field.fill(await code());
    await page.click("#but");
    await page.click("button:has-text('Continue')");
  },
  async "homebridge-ui"(page, { url, username, password, code }) {
    await page.goto(url);
    await page.fill("#form-username", username);
    await page.fill("#form-pass", password);
    await page.click("#submit-button");
    const field = page.locator("#form-ota");
    await field.waitFor();
    await field.fill(await code());
    await page.click("#submit-button");
  },
  async "lemonldap-sso"(page, { url, username, password, code }) {
    await page.goto(url);
    await page.fill("[name=user]", username);
    await page.fill("[name=password]", password);
    await page.click("[type=submit]:visible");
    const field = page.locator("[name=code]");
    await field.waitFor();
    await field.fill(await code());
    await page.click("[type=submit]:visible");
  },
  async "node-red"(page, { url, username, password }) {
    await page.goto(url);
    await page.fill("#node-dialog-login-username", username);
    await page.fill("#node-dialog-login-password", password);
    await page.click("#node-dialog-login-submit");
  },
  async "parse-dashboard"(page, { url, username, password, code }) {
    await page.goto(url);
    await page.fill("[name=username]", username);
    await page.fill("[name=password]", password);
    await page.click("[type=submit]");
    const field = page.locator("[name=otpCode]");
    await field.waitFor();
    // The form submits itself at the sixth digit.
    await field.fill(await code());
  },
  async rabbitmq(page, { url, username, password }) {
    await page.goto(url);
    await page.fill("[name=username]", username);
    await page.fill("[name=password]", password);
    await page.click("[type=submit]");
  },
  async redmine(page, { url, username, password, code }) {
    await page.goto(url);
    await page.fill("#username", username);
    await page.fill("#password", password);
    await page.click("#login-submit");
    const field = page.locator("#twofa_code");
    await field.waitFor();
    await field.fill(await code());
    await page.click("#login-submit");
  },
  // The context's own credentials answer the challenge.
  async transmission(page, { url }) {
    await page.goto(url);
  },
  async verdaccio(page, { url, username, password }) {
    await page.goto(url);
    await page.click("text=Login");
    await page.fill("#login--dialog-username", username);
    await page.fill("#login--dialog-password", password);
    await page.click("form [type=submit]");
  },
  async wordpress(page, { url, username, password }) {
    await page.goto(url);
    await page.fill("#user_login", username);
    await page.fill("#user_pass", password);
    await page.click("#wp-submit");
  },
};
