import assert from "node:assert/strict";
import type Anchorbrowser from "anchorbrowser";
import type { AnchorGround } from "./ground.ts";
import { credentialsOf } from "./identities.ts";

type Browser = Awaited<ReturnType<Anchorbrowser["browser"]["connect"]>>;
type Create = Anchorbrowser.SessionCreateParams;

/** What scripts of Anchor's users begin with. */
export function firstPage(browser: Browser) {
  const page = browser.contexts()[0]?.pages()[0];
  assert(page !== undefined, "there is no first page in the default context");
  return page;
}

export async function createSession(ground: AnchorGround, params: Create | null = {}): Promise<string> {
  const { data } = await ground.client().sessions.create(params);
  return data?.id ?? "";
}

/** An identity of the site's user that was signed in. */
export async function addIdentity(ground: AnchorGround): Promise<string> {
  const { id = "", status } = await ground.client().identities.create({
    source: `${ground.site.url}/`,
    credentials: credentialsOf(ground),
    validateAsync: false,
  });
  assert.equal(status, "validated");
  return id;
}

export const recommended = {
  session: { proxy: { active: true } },
  browser: { captcha_solver: { active: true }, extra_stealth: { active: true } },
} as const;

/** What `look` finds, once it does. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert(Date.now() < deadline, "it did not come about within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
