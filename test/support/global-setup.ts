import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { pino } from "pino";
import type { TestProject } from "vitest/node";
import { joinEmbedded } from "../../src/database/embedded.ts";
import { openDatabase } from "../../src/database/open.ts";
import { Secret } from "../../src/secret.ts";
import { templateDatabase, urlOfDatabase } from "./postgres-url.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The test run's own Postgres, password and all. */
    postgresUrl: string;
  }
}

/** One embedded Postgres for the whole test run, with a migrated database to clone from. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = pino({ level: "silent" });
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  if (process.getuid?.() === 0) {
    const { chmod } = await import("node:fs/promises");
    await chmod(dataDir, 0o711);
  }
  const server = await joinEmbedded({
    dataDir,
    log,
    // Nothing here outlives the run, so nothing waits for the disk.
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
  });
  const admin = new pg.Client({ connectionString: server.url.reveal() });
  await admin.connect();
  await admin.query(`create database ${templateDatabase}`);
  await admin.end();
  const template = await openDatabase({
    url: new Secret(urlOfDatabase(server.url.reveal(), templateDatabase)),
    dataDir,
    log,
  });
  await template.close();
  project.provide("postgresUrl", server.url.reveal());

  return async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  };
}
