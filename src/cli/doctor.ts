import { access, constants, mkdir, statfs } from "node:fs/promises";
import type { Command } from "commander";
import { sql } from "kysely";
import { bold, dim, green, red } from "yoctocolors";
import { findChromium } from "../browser/find-chromium.ts";
import { Failure, toFailure } from "../failure.ts";
import type { CliContext } from "./context.ts";

interface Check {
  name: string;
  /** What it found, in a few words. Throws what is wrong. */
  run(context: CliContext): Promise<string>;
}

interface Finding {
  name: string;
  ok: boolean;
  found: string;
  /** What to do about it. */
  mend: string | null;
}

const leastNode = 24;
const leastFreeGb = 1;

const checks: Check[] = [
  {
    name: "Node",
    async run() {
      const major = Number(process.versions.node.split(".")[0]);
      if (major < leastNode)
        throw new Failure(
          "invalid_config",
          `Node ${process.versions.node} is too old: ${leastNode} or newer is needed; \`npm ci\` brings one for npx and npm scripts.`,
        );
      return process.versions.node;
    },
  },
  {
    name: "Settings",
    async run({ config }) {
      return `data in ${config.dataDir}`;
    },
  },
  {
    name: "Disk",
    async run({ config }) {
      await mkdir(config.dataDir, { recursive: true });
      await access(config.dataDir, constants.W_OK);
      const { bavail, bsize } = await statfs(config.dataDir);
      const free = (bavail * bsize) / 1024 ** 3;
      if (free < leastFreeGb)
        throw new Failure("artifact_failed", `Only ${free.toFixed(1)} GiB are free in ${config.dataDir}.`);
      return `${free.toFixed(1)} GiB free`;
    },
  },
  {
    name: "Postgres",
    async run({ parts }) {
      const { database } = await parts.store();
      const { rows } = await sql<{
        version: string;
      }>`select current_setting('server_version') as version`.execute(database.kysely);
      return `${database.embedded ? "embedded" : "DATABASE_URL"}, version ${rows[0]?.version ?? "unknown"}`;
    },
  },
  {
    name: "Key",
    async run({ parts }) {
      const { keyring, database } = await parts.store();
      const others = await database.kysely
        .selectFrom("identities")
        .select((query) => query.fn.countAll<string>().as("count"))
        .where("key_id", "!=", keyring.currentKeyId)
        .executeTakeFirstOrThrow();
      const note =
        others.count === "0"
          ? ""
          : `; ${others.count} identities are under an older one: run \`latchkey keys rotate\``;
      return `${keyring.currentKeyId}${note}`;
    },
  },
  {
    name: "Queue",
    async run({ parts }) {
      const { backend, queue } = await parts.queueing();
      const { waiting = 0, active = 0, delayed = 0 } = await queue.counts();
      return `on ${backend.kind}: ${waiting} waiting, ${active} active, ${delayed} delayed`;
    },
  },
  {
    name: "Flows",
    async run({ parts, config }) {
      return `${(await parts.catalogue()).flows.size} in ${config.flowsDir}`;
    },
  },
  {
    name: "Chromium",
    async run({ parts, config, environment }) {
      const { path } = findChromium({ configured: config.chromiumPath, searchPath: environment["PATH"] });
      const { openSession } = await parts.browsers();
      await using session = await openSession({ signal: AbortSignal.timeout(30_000), provider: "local" });
      const version = session.context.browser()?.version() ?? "unknown";
      return `${path}, version ${version}, opens a page`;
    },
  },
];

export function registerDoctor(program: Command, context: CliContext): void {
  program
    .command("doctor")
    .description(
      "check Node, settings, disk, Postgres, key, queue, flows and Chromium, and say how to mend each",
    )
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const findings: Finding[] = [];
      for (const check of checks) {
        const finding = await examine(check, context);
        findings.push(finding);
        if (json !== true) print(context, finding);
      }
      process.exitCode = findings.every(({ ok }) => ok) ? 0 : 1;
      if (json === true) context.json(findings);
    });
}

async function examine({ name, run }: Check, context: CliContext): Promise<Finding> {
  try {
    return { name, ok: true, found: await run(context), mend: null };
  } catch (error) {
    const { message, advice } = toFailure(error, "internal_error", "This check could not be done.");
    return { name, ok: false, found: message, mend: advice };
  }
}

function print(context: CliContext, { name, ok, found, mend }: Finding): void {
  context.print(`${ok ? green("✓") : red("✗")} ${bold(name.padEnd(9))} ${context.redactor.scrub(found)}`);
  if (mend !== null) context.print(dim(`            ${mend}`));
}
