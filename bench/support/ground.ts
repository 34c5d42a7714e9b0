import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, chromium } from "playwright-core";
import { practiceUsers } from "../../practice/accounts.ts";
import { findChromium } from "../../src/browser/find-chromium.ts";
import { readConfig } from "../../src/config.ts";
import type { Identity } from "../../src/identity/types.ts";
import { type Run } from "../../src/job/record/runs.ts";
import { watchRun } from "../../src/job/record/watch-run.ts";
import { submitRun } from "../../src/job/submit.ts";
import { createLogger } from "../../src/log.ts";
import { type Role, type Service, startService } from "../../src/main.ts";
import { openParts, type Parts } from "../../src/parts.ts";
import { createRedactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";

/** A worker at work on an embedded Postgres, a practice site in a process of its own, and a bare Chromium beside. */
export interface Ground extends AsyncDisposable {
  parts: Parts;
  service: Service;
  siteUrl: string;
  /** What another process of the same installation needs to be started with. */
  environment: Record<string, string>;
  /** For the bare script: started as Playwright starts it. */
  bare: Browser;
  addIdentity(name: string): Promise<Identity>;
  submit(identity: Identity): Promise<string>;
  ended(runId: string): Promise<Run>;
  /** When things happened in a run, epoch milliseconds. */
  times(runId: string): Promise<{ queued: number; started: number; flow: number; outcome: number }>;
}

export async function openGround(
  settings: Record<string, string> = {},
  roles: readonly Role[] = ["worker"],
): Promise<Ground> {
  const opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-bench-"));
  await chmod(dataDir, 0o711);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const siteUrl = await startSite(opened);
  const redactor = createRedactor();
  const environment = {
    LATCHKEY_DATA_DIR: dataDir,
    LATCHKEY_FLOWS_DIR: resolve("bench/flows"),
    LATCHKEY_CONCURRENCY: "4",
    ...settings,
  };
  const config = readConfig(environment);
  const log = createLogger({ level: "error", format: "json", redactor });
  const parts = opened.use(openParts({ config, log, redactor }));
  const { database, identities, runs } = await parts.store();
  const { queue } = await parts.queueing();
  const service = await startService(parts, new Set(roles));
  opened.defer(() => service.stop(5_000));
  const { path } = findChromium({
    configured: process.env["CHROMIUM_PATH"],
    searchPath: process.env["PATH"],
  });
  const bare = opened.use(
    await chromium.launch({ executablePath: path, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] }),
  );
  const { webhookAllow } = parts.config;
  const catalogue = await parts.catalogue();
  const deps = { db: database.kysely, catalogue, identities, runs, queue, webhookAllow };

  return {
    parts,
    service,
    siteUrl,
    environment,
    bare,
    async addIdentity(name) {
      // The second practice user needs no code: what is measured is the run, not the wait for the next time step.
      const [, { username, password }] = practiceUsers;
      return identities.create(
        "default",
        {
          name,
          sourceUrl: `${siteUrl}/statements`,
          credentials: [
            { type: "username_password", username: new Secret(username), password: new Secret(password) },
          ],
        },
        { name: "bench" },
      );
    },
    submit: (identity) =>
      submitRun(deps, { flow: "bench/read-statements", identityId: identity.id }, { attempts: 1 }),
    async ended(runId) {
      for await (const _ of watchRun(database, runId, { signal: AbortSignal.timeout(120_000) }));
      const run = await runs.get("default", runId);
      if (run.status !== "succeeded") throw new Error(`A run failed: ${JSON.stringify(run.outcome)}`);
      return run;
    },
    async times(runId) {
      const rows = await database.kysely
        .selectFrom("run_events")
        .selectAll()
        .where("run_id", "=", runId)
        .orderBy("seq")
        .execute();
      const at = (type: string, name?: string) => {
        const row = rows.find(({ event }) => {
          const { type: is, name: named } = event as { type: string; name?: string };
          return is === type && (name === undefined || named === name);
        });
        return row?.at.getTime() ?? Number.NaN;
      };
      return {
        queued: at("queued"),
        started: at("started"),
        flow: at("step", "read"),
        outcome: at("outcome"),
      };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function startSite(opened: AsyncDisposableStack): Promise<string> {
  const child = spawn(process.execPath, [resolve("practice/main.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  opened.defer(async () => {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error("The practice site did not start.");
}
