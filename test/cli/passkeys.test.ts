import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/secret.ts";
import { latchkey } from "../support/cli.ts";
import { ada, page } from "../support/login-site.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { passwordForm, script, startPasskeySite } from "../support/passkey-site.ts";
import { hasXvfb, startScreen } from "../support/screen.ts";

let ground: TestParts;
beforeAll(async () => {
  ground = await openTestParts({ settings: { LATCHKEY_LOG_LEVEL: "" } });
});
afterAll(() => ground[Symbol.asyncDispose]());

const startSite = () =>
  startPasskeySite({
    "GET /login": () => ({
      html: page(
        "Sign in",
        `${passwordForm}<button onclick="usePasskey()">Sign in with a passkey</button>${script}`,
      ),
    }),
  });

async function addIdentity(name: string, origin: string): Promise<void> {
  const { identities } = await ground.parts.store();
  const username = new Secret(ada.username);
  await identities.create(
    "default",
    {
      name,
      sourceUrl: `${origin}/home`,
      credentials: [{ type: "username_password", username, password: new Secret(ada.password) }],
    },
    { name: "test" },
  );
}

describe("`passkeys add`", () => {
  test("keeps the passkey that a site makes, and the identity signs in with it", {
    timeout: 90_000,
  }, async () => {
    await using site = await startSite();
    await addIdentity("ada", site.origin);
    const made = await latchkey(
      ["passkeys", "add", "ada", "--headless", "--url", `${site.origin}/passkeys/new`],
      ground.environment,
    );
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("ada has a passkey") });
    expect(site.registered.size).toBe(1);
    expect(site.site.submits.password).toBe(1);

    const { identities } = await ground.parts.store();
    const identity = await identities.get("default", "ada");
    expect(identity.credentials).toContainEqual({ type: "passkey", rpId: "localhost" });
    const validated = await latchkey(["identities", "validate", "ada"], ground.environment);
    expect(validated).toMatchObject({ code: 0 });
    expect(site.site.submits.password).toBe(1);
    expect(site.counters).toHaveLength(1);
  });

  test.runIf(hasXvfb)("shows a window unless told otherwise", { timeout: 90_000 }, async () => {
    await using screen = await startScreen();
    await using site = await startSite();
    await addIdentity("windowed", site.origin);
    const { code, stdout } = await latchkey(
      ["passkeys", "add", "windowed", "--json", "--url", `${site.origin}/passkeys/new`],
      { ...ground.environment, DISPLAY: screen.display },
      // The headless shell has no windows.
      { wholeChromium: true },
    );
    expect({ code, outcome: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      outcome: { status: "succeeded", result: { rpId: "localhost" } },
    });
  });

  test("ends with what happened where the site makes none in time, and keeps nothing", {
    timeout: 60_000,
  }, async () => {
    await using site = await startSite();
    await addIdentity("late", site.origin);
    const { code, stdout } = await latchkey(
      ["passkeys", "add", "late", "--headless", "--timeout", "300", "--json"],
      ground.environment,
    );
    expect({ code, outcome: JSON.parse(stdout) }).toMatchObject({
      code: 1,
      outcome: { status: "failed", code: "flow_timed_out" },
    });
    const { identities } = await ground.parts.store();
    const { credentials } = await identities.get("default", "late");
    expect(credentials.map(({ type }) => type)).toEqual(["username_password"]);
  });

  test("keeps no passkey that the site refused", { timeout: 60_000 }, async () => {
    await using site = await startPasskeySite({
      "GET /login": () => ({ html: page("Sign in", passwordForm) }),
      "POST /passkey/register": () => ({ status: 422, json: { error: "Too many passkeys." } }),
    });
    await addIdentity("refused", site.origin);
    const { stdout } = await latchkey(
      [
        "passkeys",
        "add",
        "refused",
        "--headless",
        "--timeout",
        "2000",
        "--json",
        "--url",
        `${site.origin}/passkeys/new`,
      ],
      ground.environment,
    );
    expect(JSON.parse(stdout)).toMatchObject({ status: "failed", code: "flow_timed_out" });
    const { identities } = await ground.parts.store();
    const { credentials } = await identities.get("default", "refused");
    expect(credentials.map(({ type }) => type)).toEqual(["username_password"]);
  });
});
