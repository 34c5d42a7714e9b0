import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import Anchorbrowser from "anchorbrowser";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { startPracticeSite } from "../../practice/site.ts";
import { freePort } from "../../src/database/embedded-server.ts";
import { startService } from "../../src/main.ts";
import { launchChromium } from "../support/chromium.ts";
import { openTestParts } from "../support/parts.ts";
import { codeOf } from "../support/practice-login.ts";
import { quickUser } from "../support/runs.ts";

test("the published Express example connects an account with a second factor, and gets a session signed in as it", {
  timeout: 90_000,
}, async () => {
  await using site = await startPracticeSite({ users: [quickUser] });
  await using ground = await openTestParts();
  const { parts } = ground;
  const { apiKeys, applications } = await parts.store();
  const { key } = await apiKeys.add("default", { scope: "admin" }, { name: "test" });
  const application = await applications.create(
    "default",
    { name: "Larch", url: `${site.url}/` },
    { name: "test" },
  );
  const service = await startService(parts, new Set(["worker", "server"]));
  const baseURL = service.url ?? "";
  const port = await freePort();
  const appUrl = `http://localhost:${port}`;
  const { PATH, HOME } = process.env;
  const example = spawn(process.execPath, [resolve("examples/express-connect/app.js")], {
    env: {
      PATH,
      HOME,
      PORT: String(port),
      APP_URL: appUrl,
      APPLICATION_ID: application.id,
      ANCHORBROWSER_API_KEY: key.reveal(),
      ANCHORBROWSER_BASE_URL: baseURL,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const browser = await launchChromium();
  try {
    await once(example.stdout, "data");
    const page = await browser.newPage();
    await page.goto(appUrl);
    await page.getByRole("button", { name: "Connect your account" }).click();
    await page.getByLabel("Email or username").fill(quickUser.username);
    await page.getByLabel("Password", { exact: true }).fill(quickUser.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    const code = page.getByLabel("Code", { exact: true });
    await code.waitFor();
    await code.fill(await codeOf(quickUser));
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL(`${appUrl}/dashboard?connected=true`);

    const client = new Anchorbrowser({ apiKey: key.reveal(), baseURL });
    const metadata = JSON.stringify({ externalUserId: "user-7" });
    const { identities } = await client.applications.listIdentities(application.id, { metadata });
    expect(identities).toMatchObject([{ status: "validated" }]);

    await page.getByRole("button", { name: "Run the automation" }).click();
    const sessionId = await page.locator("#session:not(:empty)").textContent();
    const session = await chromium.connectOverCDP(
      `${baseURL.replace("http", "ws")}?apiKey=${key.reveal()}&sessionId=${sessionId}`,
    );
    const signedIn = session.contexts()[0]?.pages()[0];
    await signedIn?.goto(site.url);
    expect(await signedIn?.getByRole("button", { name: "Sign out", exact: true }).count()).toBe(1);
    await session.close();
    await client.sessions.delete(sessionId ?? "");
    // Of its saved state: nobody typed anything again.
    expect(site.counters.logins).toBe(1);
  } finally {
    await browser.close();
    const ended = once(example, "exit");
    example.kill();
    await ended;
    await service.stop(0);
  }
});
