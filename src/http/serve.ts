import { sql } from "kysely";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { openKeyCheck } from "./api-keys/key-check.ts";
import type { ApiKeys } from "./api-keys/key-store.ts";
import { createApp } from "./app.ts";
import type { HttpDeps } from "./deps.ts";
import { listen } from "./listen.ts";

export interface ServeOptions extends Omit<HttpDeps, "keyCheck"> {
  config: Config;
  log: Logger;
  apiKeys: ApiKeys;
}

/** Serves the API at the address of the settings. @throws Failure `invalid_config` */
export async function serveApi({
  apiKeys: keys,
  log,
  ...parts
}: ServeOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const { config, database, queue } = parts;
  await using opening = new AsyncDisposableStack();
  const keyCheck = opening.use(await openKeyCheck({ keys, database, log }));
  const app = createApp({
    log,
    readiness: {
      database: { check: () => sql`select 1`.execute(database.kysely), code: "database_unavailable" },
      queue: { check: () => queue.counts(), code: "queue_unavailable" },
    },
    trustProxy: config.trustProxy,
    api: { ...parts, keyCheck },
  });
  opening.defer(() => app.close());
  const url = await listen(app, config);
  const opened = opening.move();
  return { url, stop: () => opened.disposeAsync() };
}
