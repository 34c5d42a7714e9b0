import type { Page } from "playwright-core";
import type { Session } from "../../src/browser/session.ts";
import type { SavedState } from "../../src/identity/types.ts";
import type { Application } from "./applications.ts";
import type { Ground } from "./ground.ts";
import { spoilTokens } from "./spoil-tokens.ts";
import type { ProofIdentity } from "./try-run.ts";

/** How long the proof of being signed in may take to show, in milliseconds. */
const proofMs = 20_000;
/** How long it is looked for where it should not be, in milliseconds. */
const noProofMs = 8_000;
/** How long a page may take to do what signing out takes, in milliseconds. */
const settleMs = 3_000;
const mostMenus = 8;

const signOut =
  /\b(log|sign)[\s-]?(out|off)\b|abmelden|ausloggen|d[ée]connexion|cerrar sesi[óo]n|\bsair\b|ログアウト|サインアウト|退出|登出/i;

/**
 * Ends the identity's session at the site: by the site's own control for it, in a browser with the saved state; where
 * there is none, or the site takes the state all the same, the state's tokens are replaced by others nobody issued.
 * @returns what was done
 * @throws Error where the state still signs in after all that
 */
export async function endSession(
  ground: Ground,
  app: Application,
  { id }: ProofIdentity,
  signal: AbortSignal,
): Promise<string> {
  const { identities, leases } = await ground.parts.store();
  const { openSession } = await ground.parts.browsers();
  const loaded = await identities.loadState(id);
  if (loaded === null) throw new Error("The identity has no saved state.");
  const { state } = loaded;
  const url = state.provedAt ?? app.loginUrl;

  const open = (given: SavedState) => openSession({ state: given, signal });
  const signedIn = async (given: SavedState) => {
    await using session = await open(given);
    await session.page.goto(url);
    return await isProved(session, app.loggedInProof, noProofMs);
  };

  const pressed = await (async () => {
    await using session = await open(state);
    await session.page.goto(url);
    if (!(await isProved(session, app.loggedInProof, proofMs)))
      throw new Error("The saved state did not sign in before the session was ended.");
    return await pressSignOut(session.page, app.loggedInProof);
  })();
  if (pressed !== undefined && !(await signedIn(state))) return `signed out by “${pressed}”`;

  const spoiled = spoilTokens(state);
  if (await signedIn(spoiled))
    throw new Error("The session could not be ended: the site takes spoiled tokens too.");
  const lease = await leases.tryAcquire(`prove:${id}`);
  if (lease === null) throw new Error("The identity is held.");
  await using held = lease;
  await identities.saveState(id, spoiled, held.fence);
  return pressed === undefined
    ? "no way to sign out was found: tokens spoiled"
    : `“${pressed}” left the tokens good: tokens spoiled`;
}

async function isProved({ page }: Session, proof: string, withinMs: number): Promise<boolean> {
  return await page
    .locator(proof)
    .filter({ visible: true })
    .first()
    .waitFor({ timeout: withinMs })
    .then(
      () => true,
      () => false,
    );
}

/**
 * Presses the page's control for signing out, in a menu if need be; once more where the site asks whether one is sure.
 * @returns what it says; undefined where there is none
 */
async function pressSignOut(page: Page, proof: string): Promise<string | undefined> {
  await settle(page);
  const pressed = (await pressVisible(page)) ?? (await pressInMenu(page)) ?? (await pressHidden(page));
  if (pressed === undefined || (await isGone(page, proof))) return pressed;
  await confirm(page);
  await isGone(page, proof);
  return pressed;
}

async function pressInMenu(page: Page): Promise<string | undefined> {
  const menus = page.locator(
    "[aria-haspopup], [aria-expanded=false], [data-toggle=dropdown], [data-bs-toggle=dropdown], summary, [class*=user] button, [class*=account] button",
  );
  for (const menu of (await menus.filter({ visible: true }).all()).slice(0, mostMenus)) {
    await menu.click({ timeout: settleMs }).catch(() => {});
    const pressed = await pressVisible(page, 500);
    if (pressed !== undefined) return pressed;
    await page.keyboard.press("Escape");
  }
  return undefined;
}

/** Of a menu that opens at the pointer only: the link is there all the same. */
async function pressHidden(page: Page): Promise<string | undefined> {
  const hidden = page.locator("a[href], button").filter({ hasText: signOut }).first();
  if ((await hidden.count()) === 0) return undefined;
  const text = short(await hidden.textContent());
  await hidden.dispatchEvent("click");
  return text;
}

async function pressVisible(page: Page, withinMs = 0): Promise<string | undefined> {
  const controls = (["button", "link", "menuitem", "tab"] as const).map((role) =>
    page.getByRole(role, { name: signOut }),
  );
  const named = page.locator(
    "[title*='log out' i], [title*='logout' i], [title*='sign out' i], [aria-label*='log out' i], [aria-label*='logout' i], [value*='log out' i], [value*='logout' i]",
  );
  const control = controls
    .reduce((all, one) => all.or(one), named)
    .filter({ visible: true })
    .first();
  if (withinMs > 0) await control.waitFor({ timeout: withinMs }).catch(() => {});
  if ((await control.count()) === 0) return undefined;
  const texts = [
    control.textContent(),
    ...["value", "title", "aria-label"].map((name) => control.getAttribute(name)),
  ];
  const text = (await Promise.all(texts)).map(short).find((said) => said !== "") ?? "a button";
  // A menu that opens at the pointer may lie over it.
  await control.click({ timeout: settleMs }).catch(() => control.dispatchEvent("click"));
  return text;
}

/** Answers a question whether one is sure: in a dialog, or on a page of its own. */
async function confirm(page: Page): Promise<void> {
  const sure = page
    .locator("dialog[open], [role=dialog], [aria-modal=true]")
    .getByRole("button", { name: new RegExp(`${signOut.source}|^(yes|ok|confirm)$`, "i") })
    .filter({ visible: true })
    .first();
  // The link that led to the question is mostly there still: the button beside it answers.
  const button = page.getByRole("button", { name: signOut }).filter({ visible: true }).first();
  for (const answer of [sure, button]) {
    if ((await answer.count()) === 0) continue;
    return await answer.click({ timeout: settleMs }).catch(() => {});
  }
}

async function isGone(page: Page, proof: string): Promise<boolean> {
  await settle(page);
  return await page
    .locator(proof)
    .filter({ visible: true })
    .first()
    .waitFor({ state: "hidden", timeout: noProofMs })
    .then(
      () => true,
      () => false,
    );
}

const short = (text: string | null) => text?.replace(/\s+/g, " ").trim().slice(0, 40) ?? "";

async function settle(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle", { timeout: settleMs }).catch(() => {});
}
