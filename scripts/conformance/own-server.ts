import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import type { Scope } from "../../src/http/api-keys/scopes.ts";
import { ensureProject } from "../../src/identity/projects.ts";
import { createLogger } from "../../src/log.ts";
import { startService } from "../../src/main.ts";
import { openParts } from "../../src/parts.ts";
import { createRedactor } from "../../src/redact.ts";

/** A whole Latchkey of this checkout, server and worker, on an embedded Postgres that is gone with it. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string;
  addKey(scope: Scope, project?: string): Promise<string>;
}

export async function startOwnServer(): Promise<OwnServer> {
  await using opening = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-conformance-"));
  // As root, Postgres runs as another user, who has to pass through.
  await chmod(dataDir, 0o711);
  opening.defer(() => rm(dataDir, { recursive: true, force: true }));
  const redactor = createRedactor();
  const config = readConfig({
    ...process.env,
    LATCHKEY_DATA_DIR: dataDir,
    LATCHKEY_PORT: "0",
    DATABASE_URL: "",
    REDIS_URL: "",
    LATCHKEY_MASTER_KEY: "",
  });
  const level = process.env["LATCHKEY_LOG_LEVEL"] === undefined ? "silent" : config.logLevel;
  const log = createLogger({ level, format: "auto", redactor });
  const parts = opening.use(openParts({ config, log, redactor }));
  const { apiKeys, database } = await parts.store();
  const service = await startService(parts, new Set(["server", "worker"]));
  opening.defer(() => service.stop(5_000));
  const opened = opening.move();
  return {
    url: service.url ?? "",
    async addKey(scope, project = config.project) {
      await ensureProject(database, project);
      return (await apiKeys.add(project, { scope }, { name: "conformance" })).key.reveal();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
