/**
 * The login engine against the shortest hand-written script for each application of a folder, in turns.
 *
 *   node bench/login.ts --apps DIR [--only a,b] [--rounds N] [--port N] [--explain] [--write]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pino } from "pino";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { type Application, readApplications } from "../scripts/prove/applications.ts";
import { startApplication } from "../scripts/prove/start-application.ts";
import { findChromium } from "../src/browser/find-chromium.ts";
import { launchChromium } from "../src/browser/launch-chromium.ts";
import { wantsSandbox } from "../src/browser/sandbox.ts";
import { login } from "../src/login/login.ts";
import { createCodeSource } from "../src/login/one-time-code.ts";
import type { LoginCredentials } from "../src/login/site.ts";
import type { LoginDecision } from "../src/outcome.ts";
import { Secret } from "../src/secret.ts";
import { ms, percentile } from "./support/figures.ts";
import { freshSteps } from "./support/fresh-steps.ts";
import { loginScripts } from "./support/login-scripts.ts";
import { writeSection } from "./support/write-section.ts";

const { values: options } = parseArgs({
  options: {
    apps: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
    port: { type: "string", default: "52000" },
    explain: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
if (options.apps === undefined) throw new Error("Name the folder of applications: --apps DIR");

/** No login takes longer; both sides give up then. */
const longestMs = 60_000;

const log = pino({ level: "silent" });
const { path: executablePath } = findChromium({
  configured: process.env["CHROMIUM_PATH"],
  searchPath: process.env["PATH"],
});
const chromium = await launchChromium({
  executablePath,
  sandbox: wantsSandbox({ setting: "auto", executablePath }),
  headed: false,
  slowMoMs: 0,
  log,
});

interface Row {
  name: string;
  engine: number[];
  script: number[];
  /** Each round's own, so that a machine busy with other things slows both sides of it. */
  ratios: number[];
}

const rows: Row[] = [];
const scratch = await mkdtemp(join(tmpdir(), "latchkey-bench-"));
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => stopping.abort(new Error("Stopped before all was measured.")));
try {
  const only = options.only?.split(",");
  const applications = await readApplications({ dir: options.apps, only, port: Number(options.port) });
  for (const application of applications) {
    if (loginScripts[application.name] === undefined) {
      console.log(`${application.name}: skipped, there is no hand-written script for it`);
      continue;
    }
    await using _running = await startApplication(application, { scratch, signal: stopping.signal });
    const row = await measure(chromium.browser, application);
    rows.push(row);
    console.log(lineOf(row));
  }
} finally {
  await chromium.close();
  await rm(scratch, { recursive: true, force: true });
}

const table = [
  "| application | engine | script | ratio | lowest to highest round | rounds |",
  "|---|---:|---:|---:|---:|---:|",
  ...rows.map(lineOf),
  "",
  `Median of the ratios: **${percentile(rows.map(ratioOf)).toFixed(2)}**; highest: ${Math.max(...rows.map(ratioOf)).toFixed(2)}.`,
].join("\n");
console.log(`\n${table}`);
if (options.write) {
  const machine = `${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? "unknown"}), Node ${process.versions.node}`;
  await writeSection(
    "logins",
    `Measured on ${machine}, ${new Date().toISOString().slice(0, 10)}.\n\n${table}`,
  );
}

function ratioOf({ engine, script }: Row): number {
  return percentile(engine) / percentile(script);
}

function lineOf(row: Row): string {
  const { name, engine, script, ratios } = row;
  const spread = `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`;
  return `| ${name} | ${ms(percentile(engine))} | ${ms(percentile(script))} | ${ratioOf(row).toFixed(2)} | ${spread} | ${ratios.length} |`;
}

async function measure(browser: Browser, application: Application): Promise<Row> {
  const { name, totpSecret, loginUrl: url } = application;
  const rounds = Number(options.rounds ?? (totpSecret === null ? 7 : 3));
  const steps = freshSteps();
  const credentials = credentialsOf(application, steps);
  const row: Row = { name, engine: [], script: [], ratios: [] };
  const sides = {
    engine: () => byEngine({ browser, url, credentials }),
    script: () => byScript({ browser, application, credentials }),
  };
  // The first round warms up the application, the browser and both sides' code.
  for (let round = -1; round < rounds; round += 1) {
    const took = { engine: 0, script: 0 };
    for (const side of round % 2 === 0 ? (["script", "engine"] as const) : (["engine", "script"] as const)) {
      stopping.signal.throwIfAborted();
      if (totpSecret !== null) await steps.begun(stopping.signal);
      took[side] = await sides[side]();
    }
    if (round < 0) continue;
    row.engine.push(took.engine);
    row.script.push(took.script);
    row.ratios.push(took.engine / took.script);
  }
  return row;
}

/** From before the source page is opened until the engine has proved the login, in milliseconds. */
async function byEngine({
  browser,
  url,
  credentials,
}: {
  browser: Browser;
  url: string;
  credentials: LoginCredentials;
}): Promise<number> {
  return inPage(browser, {}, async (page) => {
    const startedAt = performance.now();
    const result = await login({
      page,
      sourceUrl: url,
      allowedDomains: [],
      credentials,
      signal: AbortSignal.timeout(longestMs),
      log,
    });
    const took = performance.now() - startedAt;
    if (result.status === "failed" || options.explain) explain(result.decisions, took);
    if (result.status === "failed") throw result.failure;
    return took;
  });
}

/** From before the login page is opened until what only the signed in are shown is visible, in milliseconds. */
async function byScript({
  browser,
  application: { name, loginUrl: url, username, password, loggedInProof, httpCredentials },
  credentials,
}: {
  browser: Browser;
  application: Application;
  credentials: LoginCredentials;
}): Promise<number> {
  const own = httpCredentials ? { httpCredentials: { username, password } } : {};
  return inPage(browser, own, async (page) => {
    const code = async () => (await credentials.oneTimeCode(AbortSignal.timeout(longestMs))).reveal();
    const startedAt = performance.now();
    await loginScripts[name]?.(page, { url, username, password, code });
    await page.locator(loggedInProof).first().waitFor();
    return performance.now() - startedAt;
  });
}

/** In a fresh context, as a session's is made. */
async function inPage<T>(
  browser: Browser,
  own: BrowserContextOptions,
  work: (page: Awaited<ReturnType<Browser["newPage"]>>) => Promise<T>,
): Promise<T> {
  await using context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    ...own,
  });
  context.setDefaultTimeout(longestMs);
  return await work(await context.newPage());
}

/** Both sides take their codes from here: no time step is used twice. */
function credentialsOf(
  { username, password, totpSecret }: Application,
  steps: ReturnType<typeof freshSteps>,
): LoginCredentials {
  return {
    has: {
      username: true,
      password: true,
      oneTimeCode: totpSecret !== null,
      custom: [],
      passkey: false,
      outOfBand: false,
      mailbox: false,
    },
    username: async () => new Secret(username),
    password: async () => new Secret(password),
    custom: unasked,
    passkey: unasked,
    passkeyUsed: unasked,
    outOfBand: unasked,
    oneTimeCode: createCodeSource({
      authenticator: {
        secret: new Secret(totpSecret ?? ""),
        algorithm: "sha1",
        digits: 6,
        periodSeconds: steps.periodMs / 1_000,
      },
      steps,
      now: Date.now,
    }),
  };
}

async function unasked(): Promise<never> {
  throw new Error("No application of the folder asks for this.");
}

function explain(decisions: readonly LoginDecision[], took: number): void {
  for (const { atMs, saw, action, reason } of decisions)
    console.log(`  ${String(atMs).padStart(6)} ms  ${saw} → ${action} (${reason})`);
  console.log(`  ${Math.round(took).toString().padStart(6)} ms  done`);
}
