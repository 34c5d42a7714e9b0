import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium } from "playwright-core";
import { practiceUsers } from "../practice/accounts.ts";
import { findChromium } from "../src/browser/find-chromium.ts";
import { type Figure, ms, percentile } from "./support/figures.ts";
import type { Ground } from "./support/ground.ts";

const rounds = 30;
/** Long enough for the browser of the next session to be started, so that nothing runs beside what is measured. */
const betweenMs = 3_000;

/**
 * (f) A session over HTTP, with a warm pool and an identity whose state is saved: create, connect, its signed-in page,
 * release; against a script that launches a Chromium of its own and signs in with the password. In turns. The server is
 * a process of its own, as it is for users.
 */
export async function sessions(ground: Ground): Promise<Figure[]> {
  const identity = await ground.addIdentity("sessions");
  await ground.ended(await ground.submit(identity));
  await using server = await startServer(ground);
  const stages: Record<string, number[]> = {};
  const whole: number[] = [];
  const scripts: number[] = [];
  for (let round = -3; round < rounds; round += 1) {
    const times: Record<string, number> = {};
    const startedAt = performance.now();
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const before = performance.now();
      const result = await work();
      times[name] = performance.now() - before;
      return result;
    };
    const { id, cdp_url } = await timed("create", () => server.create(identity.id));
    const browser = await timed("connect", () => chromium.connectOverCDP(cdp_url));
    await timed("page", () => readRows(browser));
    await browser.close();
    await timed("release", () => server.release(id));
    const took = performance.now() - startedAt;
    await sleep(betweenMs);
    const script = await bareScript(ground.siteUrl);
    // The first rounds warm both up.
    if (round < 0) continue;
    whole.push(took);
    scripts.push(script);
    for (const [name, time] of Object.entries(times)) (stages[name] ??= []).push(time);
  }
  const both = (values: readonly number[]) => `${ms(percentile(values))} / ${ms(percentile(values, 0.95))}`;
  const parts = Object.entries(stages).map(([name, values]) => `${name} ${both(values)}`);
  return [
    {
      what: "a session over HTTP: create, connect, signed-in page, release (p50 / p95)",
      latchkey: both(whole),
      bare: both(scripts),
      ratio: percentile(whole.map((took, index) => took / (scripts[index] ?? Number.NaN))),
      note: `${rounds} pairs; saved identity, one browser kept ready; beside \`chromium.launch\` and a login with the password. ${parts.join(", ")}`,
    },
  ];
}

async function readRows(browser: Browser): Promise<void> {
  const rows = await browser.contexts()[0]?.pages()[0]?.locator("tbody tr").count();
  if (rows === undefined || rows === 0) throw new Error("The session's page is not a signed-in user's.");
}

/** What a person would write who has no saved state: a browser, the login form, what is wanted of the page. */
async function bareScript(siteUrl: string): Promise<number> {
  const [, { username, password }] = practiceUsers;
  const startedAt = performance.now();
  const { path: executablePath } = findChromium({
    configured: process.env["CHROMIUM_PATH"],
    searchPath: process.env["PATH"],
  });
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath, args });
  const page = await browser.newPage();
  await page.goto(`${siteUrl}/statements`);
  await page.getByLabel("Email").fill(username);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/statements");
  if ((await page.locator("tbody tr").count()) === 0) throw new Error("The bare script was not signed in.");
  await browser.close();
  return performance.now() - startedAt;
}

async function startServer(ground: Ground) {
  const { apiKeys } = await ground.parts.store();
  const { key } = await apiKeys.add("default", { scope: "admin" }, { name: "bench" });
  const child = spawn(process.execPath, [resolve("src/cli.ts"), "server"], {
    env: {
      ...process.env,
      ...ground.environment,
      LATCHKEY_PORT: "0",
      LATCHKEY_LOG_FORMAT: "json",
    },
    stdio: ["ignore", "inherit", "pipe"],
  });
  const url = await urlOf(child.stderr);
  const headers = { "anchor-api-key": key.reveal(), "content-type": "application/json" };
  return {
    async create(identityId: string): Promise<{ id: string; cdp_url: string }> {
      const body = JSON.stringify({ identities: [{ id: identityId }] });
      const answer = await fetch(`${url}/v1/sessions`, { method: "POST", headers, body });
      if (!answer.ok) throw new Error(await answer.text());
      const { data } = (await answer.json()) as { data: { id: string; cdp_url: string } };
      return data;
    },
    async release(id: string): Promise<void> {
      const { "anchor-api-key": apiKey } = headers;
      const answer = await fetch(`${url}/v1/sessions/${id}`, {
        method: "DELETE",
        headers: { "anchor-api-key": apiKey },
      });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function urlOf(output: NodeJS.ReadableStream): Promise<string> {
  // Read to the end of the server's life: it would wait for a reader of its log.
  return new Promise((resolve, reject) => {
    createInterface({ input: output })
      .on("line", (line) => {
        const url = /"url":"(http:[^"]+)"/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      })
      .on("close", () => reject(new Error("The server did not start.")));
  });
}
