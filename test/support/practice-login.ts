import { generate } from "otplib";
import type { Page } from "playwright-core";
import type { PracticeSite, PracticeUser } from "../../practice/site.ts";

/** The code an authenticator app would show for the user, now or at another moment (epoch seconds). */
export function codeOf(user: PracticeUser, epoch = Date.now() / 1000): Promise<string> {
  return generate({
    secret: user.totpSecret,
    period: user.totpPeriodSeconds ?? 30,
    digits: user.totpDigits ?? 6,
    algorithm: user.totpAlgorithm ?? "sha1",
    epoch: Math.floor(epoch),
  });
}

/** Signs in by hand: what a person would click and type, up to the page after the login. */
export async function signInByHand(
  page: Page,
  site: PracticeSite,
  user: PracticeUser = site.users[0],
): Promise<void> {
  await page.goto(`${site.url}/login`);
  await typeUsername(page, user.username);
  await typePassword(page, user.password);
  if (user.secondFactor !== false) await typeCode(page, await codeOf(user));
  await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
}

export async function typeUsername(page: Page, username: string): Promise<void> {
  await page.getByLabel("Email address").fill(username);
  await page.getByRole("button", { name: "Continue" }).click();
}

export async function typePassword(page: Page, password: string): Promise<void> {
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByLabel("Verification code").fill(code);
  await page.getByRole("button", { name: "Verify" }).click();
}
