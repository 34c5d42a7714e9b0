import { access, constants, mkdir, statfs } from "node:fs/promises";
import { sql } from "kysely";
import { findChromium } from "../browser/find-chromium.ts";
import { wantsSandbox } from "../browser/sandbox.ts";
import type { Config } from "../config.ts";
import { Failure } from "../failure.ts";
import type { CliContext } from "./context.ts";
import { counted } from "./format.ts";

/** One thing a worker stands on. */
export interface Check {
  name: string;
  /** Checks that this one makes no sense without. */
  needs: readonly string[];
  /** What it found, in a few words. Throws what is wrong. */
  run(context: CliContext): Promise<string>;
  /** What to do where something is wrong. */
  mend: string;
}

const leastNode = 24;
const leastFreeGb = 1;
const sessionTimeoutMs = 20_000;

export const checks: readonly Check[] = [
  {
    name: "Node",
    needs: [],
    mend: "In a checkout, `npm run setup` brings one, which npx and npm scripts then use.",
    async run() {
      const { node } = process.versions;
      if (Number(node.split(".")[0]) >= leastNode) return node;
      throw new Failure("invalid_config", `Node ${node} is too old: ${leastNode} or newer is needed.`);
    },
  },
  {
    name: "Settings",
    needs: [],
    mend: "Correct these environment variables; docs/settings.md describes each.",
    async run({ config }) {
      return `data in ${config.dataDir}, project ${config.project}`;
    },
  },
  {
    name: "Disk",
    needs: ["Settings"],
    mend: "Free some space, or set LATCHKEY_DATA_DIR and LATCHKEY_ARTIFACTS_DIR to folders this user can write to.",
    run: ({ config }) => checkDisk(config),
  },
  {
    name: "Postgres",
    needs: ["Settings", "Disk"],
    mend: "Start the server that DATABASE_URL names, or correct it; leave it unset for the embedded one.",
    async run({ parts }) {
      const database = await parts.database();
      const { rows } = await sql<{
        version: string;
      }>`select current_setting('server_version') as version`.execute(database.kysely);
      return `${database.embedded ? "embedded" : "at DATABASE_URL"}, version ${rows[0]?.version ?? "unknown"}`;
    },
  },
  {
    name: "Key",
    needs: ["Postgres"],
    mend: "Set LATCHKEY_MASTER_KEY to the key the identities are sealed under, and older ones in LATCHKEY_PREVIOUS_MASTER_KEYS.",
    run: checkKey,
  },
  {
    name: "Queue",
    needs: ["Postgres"],
    mend: "Start the server that REDIS_URL names, or correct it; leave it unset to keep the queue in Postgres.",
    async run({ parts }) {
      const { backend, queue } = await parts.queueing();
      const { waiting = 0, active = 0, delayed = 0 } = await queue.counts();
      return `on ${backend.kind === "redis" ? "Redis" : "Postgres"}: ${waiting} waiting, ${active} active, ${delayed} delayed`;
    },
  },
  {
    name: "Flows",
    needs: ["Settings"],
    mend: "Correct these files, or set LATCHKEY_FLOWS_DIR; docs/flows.md tells how flows are written.",
    async run({ parts, config }) {
      return `${(await parts.catalogue()).flows.size} in ${config.flowsDir}`;
    },
  },
  {
    name: "Chromium",
    needs: ["Settings"],
    mend: "Install one (`npm run setup`, or `npx playwright-core install --with-deps chromium`), or set CHROMIUM_PATH.",
    run: checkChromium,
  },
  {
    name: "Provider",
    needs: ["Settings"],
    mend: "Set what the provider needs (docs/providers.md), or look at its status and at its key.",
    run: checkProviders,
  },
];

async function checkProviders({ parts, config }: CliContext): Promise<string> {
  const { checkProviders } = await parts.browsers();
  const answers = await checkProviders(AbortSignal.timeout(sessionTimeoutMs));
  const others = answers.length === 0 ? "" : `; ${answers.join("; ")}`;
  return `${config.provider} is used${others}`;
}

async function checkDisk({ dataDir, artifactsDir }: Config): Promise<string> {
  for (const folder of artifactsDir === undefined ? [dataDir] : [dataDir, artifactsDir]) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o711 });
      await access(folder, constants.W_OK);
    } catch (cause) {
      throw new Failure("invalid_config", `This user cannot write to ${folder}.`, { cause });
    }
  }
  const { bavail, bsize } = await statfs(artifactsDir ?? dataDir);
  const free = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free`;
  if (bavail * bsize >= leastFreeGb * 1024 ** 3) return free;
  throw new Failure("artifact_failed", `Only ${free} in ${artifactsDir ?? dataDir}.`);
}

/** Opens one identity's data key, and one webhook secret's, under each master key in use. */
async function checkKey({ parts }: CliContext): Promise<string> {
  const { keyring, database } = await parts.store();
  const samples = await database.kysely
    .selectFrom("identities")
    .select(["id", "data_key as dataKey", "key_id as keyId"])
    .distinctOn("key_id")
    .execute();
  for (const { id, ...wrapped } of samples) keyring.unwrap(id, wrapped);
  const secrets = await database.kysely
    .selectFrom("webhook_secrets")
    .select(["project", "data_key as dataKey", "key_id as keyId"])
    .distinctOn("key_id")
    .execute();
  for (const { project, ...wrapped } of secrets) keyring.unwrap(`project:${project}`, wrapped);
  const others = samples.filter(({ keyId }) => keyId !== keyring.currentKeyId).length;
  const note =
    others === 0
      ? ""
      : `; identities under ${counted(others, "older key")} too: run \`latchkey keys rotate\``;
  return `${keyring.currentKeyId}${note}`;
}

async function checkChromium({ parts, config, environment }: CliContext): Promise<string> {
  const { path } = findChromium({ configured: config.chromiumPath, searchPath: environment["PATH"] });
  const { openSession } = await parts.browsers();
  await using session = await openSession({
    signal: AbortSignal.timeout(sessionTimeoutMs),
    provider: "local",
  });
  const version = session.context.browser()?.version() ?? "unknown";
  const sandboxed = wantsSandbox({ setting: config.chromiumSandbox, executablePath: path });
  return `${path}, version ${version}, ${sandboxed ? "in its sandbox" : "without its sandbox"}`;
}
