import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPracticeSite } from "../practice/site.ts";
import { duration } from "../src/cli/format.ts";
import { createProgress } from "../src/cli/progress.ts";
import { createStyle } from "../src/cli/style.ts";
import { readConfig } from "../src/config.ts";
import type { Run } from "../src/job/record/runs.ts";
import { watchRun } from "../src/job/record/watch-run.ts";
import { submitRun } from "../src/job/submit.ts";
import { createLogger } from "../src/log.ts";
import { startService } from "../src/main.ts";
import { openParts } from "../src/parts.ts";
import { createRedactor } from "../src/redact.ts";
import { Secret } from "../src/secret.ts";

const out = process.stdout;
const { bold, cyan, dim, green, red } = createStyle(out);
const print = (line = "") => out.write(`${line}\n`);

/** The whole story on one screen: a site, an identity, two jobs through the queue, and what came of them. */
async function demo(): Promise<boolean> {
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-demo-"));
  // As root, Postgres runs as another user, who has to pass through.
  await chmod(dataDir, 0o711);
  const redactor = createRedactor();
  const config = readConfig({
    ...process.env,
    LATCHKEY_DATA_DIR: dataDir,
    DATABASE_URL: "",
    LATCHKEY_MASTER_KEY: "",
  });
  const log = createLogger({
    level: process.env["LATCHKEY_LOG_LEVEL"] === undefined ? "error" : config.logLevel,
    format: "auto",
    redactor,
  });

  print(bold("\n  Latchkey: a job names an identity and a flow; the worker signs in and runs it.\n"));
  await using site = await startPracticeSite();
  print(`  ${green("✓")} practice site       ${dim(site.url)}`);
  await using parts = openParts({ config, log, redactor });
  const { database, identities, runs } = await parts.store();
  print(`  ${green("✓")} embedded Postgres   ${dim(dataDir)}`);
  const service = await startService(parts, new Set(["worker"]));
  print(`  ${green("✓")} worker              ${dim(parts.processName)}`);
  try {
    const [user] = site.users;
    const identity = await identities.create(
      config.project,
      {
        name: "demo",
        sourceUrl: `${site.url}/`,
        credentials: [
          {
            type: "username_password",
            username: new Secret(user.username),
            password: new Secret(user.password),
          },
          { type: "authenticator", secret: new Secret(user.totpSecret) },
        ],
      },
      { name: "demo" },
    );
    print(`  ${green("✓")} identity "${identity.name}"     ${dim("password and TOTP secret, sealed")}`);

    const { queue } = await parts.queueing();
    const catalogue = await parts.catalogue();
    const { webhookAllow } = config;
    const deps = { db: database.kysely, catalogue, identities, runs, queue, webhookAllow };
    const jobs = [
      { flow: "practice/download-statement", input: { month: "2026-03" } },
      { flow: "web/capture", input: { fullPage: true } },
    ];
    const ended: Run[] = [];
    for (const [index, job] of jobs.entries()) {
      print(`${index === 0 ? "\n" : ""}  ${bold(`Job ${index + 1}`)}  ${cyan(job.flow)} as demo`);
      const runId = await submitRun(deps, { ...job, identityId: identity.id }, { attempts: config.attempts });
      using progress = createProgress(out);
      for await (const { event } of watchRun(database, runId, { signal: new AbortController().signal }))
        progress.show(event);
      ended.push(await runs.get(config.project, runId));
    }
    showPicture(ended, (run, name) => parts.artifacts.path(run.id, name) ?? name);
    print(
      `  ${dim(`The site counted ${site.counters.logins} login, ${site.counters.passwordSubmits} password submit and ${site.counters.codeSubmits} code submit for both jobs.`)}\n`,
    );
    return ended.every(({ status }) => status === "succeeded") && site.counters.logins === 1;
  } finally {
    await service.stop(5_000);
    await parts[Symbol.asyncDispose]();
    // The files stay to be looked at; the database has done its work.
    await rm(join(dataDir, "postgres"), { recursive: true, force: true });
  }
}

const barWidth = 22;

/** Each job's stages on one time scale, and where its files lie. */
function showPicture(runs: Run[], path: (run: Run, name: string) => string): void {
  const longest = Math.max(
    ...runs.map(({ stages }) => stages.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    1,
  );
  print(`\n  ${bold("What happened")}\n`);
  for (const run of runs) {
    const ok = run.status === "succeeded";
    print(
      `  ${ok ? green("✓") : red("✗")} ${bold(run.flow)}  ${ok ? green("succeeded") : red(run.outcome?.status === "failed" ? run.outcome.code : run.status)}`,
    );
    let before = 0;
    for (const { name, durationMs, detail } of run.stages) {
      const from = Math.round((before / longest) * barWidth);
      before += durationMs;
      const bar = "█".repeat(Math.max(1, Math.round((before / longest) * barWidth) - from));
      print(
        `      ${name.padEnd(9)} ${(" ".repeat(Math.min(from, barWidth - 1)) + cyan(bar)).padEnd(barWidth + 10)} ${duration(durationMs).padStart(8)}  ${dim(detail ?? "")}`,
      );
    }
    for (const artifact of run.artifacts)
      print(`      ${dim(artifact.kind.padEnd(11))} ${path(run, artifact.name)}`);
    print();
  }
}

process.exitCode = (await demo()) ? 0 : 1;
