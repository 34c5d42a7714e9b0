import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Identity, NewCredential, RevealedPasskey } from "../../src/identity/types.ts";
import { validateFlowName } from "../../src/job/catalogue/validate-flow.ts";
import { runJob } from "../../src/job/run-job.ts";
import type { Outcome } from "../../src/outcome.ts";
import { Secret } from "../../src/secret.ts";
import { launchChromium } from "../support/chromium.ts";
import { ada, page } from "../support/login-site.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import {
  type PasskeySite,
  passwordForm,
  registerPasskey,
  script,
  startPasskeySite,
} from "../support/passkey-site.ts";

let browser: Browser;
let ground: TestParts;
beforeAll(async () => {
  browser = await launchChromium();
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await browser.close();
});

const startSite = () =>
  startPasskeySite({
    "GET /login": () => ({
      html: page(
        "Sign in",
        `${passwordForm}<button onclick="usePasskey()">Sign in with a passkey</button>${script}`,
      ),
    }),
  });

async function identityFor(site: PasskeySite, ...credentials: NewCredential[]): Promise<Identity> {
  const { identities } = await ground.parts.store();
  return await identities.create(
    "default",
    { sourceUrl: `${site.origin}/home`, credentials },
    { name: "test" },
  );
}

const stored = (passkey: RevealedPasskey): NewCredential => ({ type: "passkey", ...passkey });

async function run(flow: string, { id }: Identity): Promise<Outcome> {
  const { parts } = ground;
  const { identities, leases, codes } = await parts.store();
  const { openSession } = await parts.browsers();
  const deps = {
    catalogue: await parts.catalogue(),
    identities,
    leases,
    codes,
    openSession,
    artifacts: parts.artifacts,
    log: parts.log,
    emit: () => {},
    actor: "test",
    whenBusy: "fail",
    codeTimeoutMs: 0,
    runDeadlineMs: 60_000,
    loginTimeoutMs: 30_000,
  } as const;
  return await runJob({ identityId: id, flow }, randomUUID(), deps, new AbortController().signal);
}

test("a run signs in with a stored passkey, the next with the saved state, and its counter is stored each time", {
  timeout: 90_000,
}, async () => {
  await using site = await startSite();
  const identity = await identityFor(site, stored(await registerPasskey(browser, site)));
  const { identities } = await ground.parts.store();
  const counter = async () =>
    (await identities.revealCredentials(identity.id, { name: "test" })).passkey?.signCount;

  for (const expected of [2, 3, 4]) {
    expect(await run(validateFlowName, identity)).toMatchObject({ status: "succeeded" });
    expect(await counter()).toBe(expected);
  }
  expect(await run("trial/look", identity)).toMatchObject({
    status: "succeeded",
    result: { heading: "Welcome, ada" },
  });
  expect(site.counters).toEqual([2, 3, 4]);
  expect(site.site.submits.password).toBe(0);
  const { status, credentialsVersion } = await identities.get("default", identity.id);
  expect({ status, credentialsVersion }).toEqual({
    status: "validated",
    credentialsVersion: identity.credentialsVersion,
  });
});

test("a passkey the site no longer knows fails the identity where it has no password, and nothing is tried again", {
  timeout: 60_000,
}, async () => {
  await using site = await startSite();
  const identity = await identityFor(site, stored(await registerPasskey(browser, site)));
  site.revoke();
  expect(await run("trial/look", identity)).toMatchObject({
    status: "failed",
    code: "invalid_credentials",
    evidence: { siteMessage: "This passkey is not recognised." },
  });
  expect(await run("trial/look", identity)).toMatchObject({ status: "failed", code: "identity_failed" });
  expect(site.signatures).toBe(1);
});

test("the password is the way out of a passkey the site no longer knows", { timeout: 60_000 }, async () => {
  await using site = await startSite();
  const passkey = await registerPasskey(browser, site);
  const password = { username: new Secret(ada.username), password: new Secret(ada.password) };
  const identity = await identityFor(site, stored(passkey), { type: "username_password", ...password });
  site.revoke();
  expect(await run("trial/look", identity)).toMatchObject({ status: "succeeded" });
  expect(site.site.submits.password).toBe(1);
});
