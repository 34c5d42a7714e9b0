import type { Page } from "playwright-core";
import type { PracticeSite } from "../../practice/site.ts";
import { codeOf } from "./practice-login.ts";

/** The states of the connect page, in the order in which a visitor can meet all of them. */
export const connectStates = [
  "choose",
  "form",
  "progress",
  "refused",
  "code",
  "done",
  "cancelled",
  "expired",
  "recovery-code",
] as const;
export type ConnectState = (typeof connectStates)[number];

/** Resolves when the page shows the state. */
export const shows = (page: Page, state: ConnectState): Promise<unknown> =>
  page.locator(`body[data-state="${state}"]`).waitFor();

/**
 * Leads a page through every state by what a visitor does, and stops at each. The site is one of the practice site's,
 * its application has more than one auth flow. The callback must not be answered with a page, or `done` is gone.
 */
export async function walkConnectStates({
  page,
  site,
  linkTo,
  at,
}: {
  page: Page;
  site: PracticeSite;
  /** The address of a connect page with a new token. */
  linkTo: (kind: "good" | "expired" | "recovery") => Promise<string>;
  at: (state: ConnectState) => Promise<void>;
}): Promise<void> {
  const [user] = site.users;
  const fill = async (password: string) => {
    await page.getByLabel("Email or username").fill(user.username);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  };
  await page.goto(await linkTo("good"));
  await shows(page, "choose");
  await at("choose");
  await page
    .getByRole("button", { name: /^Username and password/ })
    .first()
    .click();
  await shows(page, "form");
  await at("form");
  // Held at its first page for as long as somebody looks at the progress.
  site.switches.hang = /^\/login\/password/;
  await fill("not-the-password");
  await shows(page, "progress");
  await page.getByText("Give it your details").and(page.locator("li.now > *")).waitFor();
  await at("progress");
  await page.getByRole("button", { name: "Cancel" }).click();
  await shows(page, "cancelled");
  await at("cancelled");
  site.switches.hang = false;

  await page.goto(await linkTo("good"));
  await page
    .getByRole("button", { name: /^Username and password/ })
    .first()
    .click();
  await shows(page, "form");
  await fill("not-the-password");
  await shows(page, "refused");
  await at("refused");
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await shows(page, "code");
  await at("code");
  await page.getByLabel("Code", { exact: true }).fill(await codeOf(user));
  await page.getByRole("button", { name: "Continue" }).click();
  await shows(page, "done");
  await at("done");
  await page.goto(await linkTo("expired"));
  await at("expired");
  await page.goto(await linkTo("recovery"));
  await shows(page, "recovery-code");
  await at("recovery-code");
}
