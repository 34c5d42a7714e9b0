import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import type { Tell } from "../observe.ts";
import { type BrowserPool, createBrowserPool } from "./browser-pool.ts";
import { findChromium } from "./find-chromium.ts";
import { type ChromiumPool, createChromiumPool } from "./handed-out/pool.ts";
import { createOpenSession } from "./open-session.ts";
import { createCdpProvider } from "./providers/cdp.ts";
import { createLocalProvider } from "./providers/local.ts";
import type { OpenSession } from "./session.ts";
import { createSpareSession } from "./spare-session.ts";

/** Where a process's sessions come from; closing it ends them all. */
export interface Browsers extends AsyncDisposable {
  pool: BrowserPool;
  openSession: OpenSession;
  /** Chromiums that nobody else's session is in, for somebody to drive over CDP. */
  handedOut: ChromiumPool;
  /** For a process that will run many sessions: starts the local browser and, if set so, keeps one session ready. */
  warmUp(): Promise<void>;
}

/** The providers that the settings name, behind one door. Nothing is started before the first session is asked for. */
export function openBrowsers({ config, log, tell }: { config: Config; log: Logger; tell: Tell }): Browsers {
  const { recycleContexts, recycleMemoryMb, chromiumSandbox: sandbox, chromiumPath, cdpUrl } = config;
  const opened = new AsyncDisposableStack();
  const executablePath = () =>
    findChromium({ configured: chromiumPath, searchPath: process.env["PATH"] }).path;
  const pool = opened.use(
    createBrowserPool({
      executablePath,
      sandbox,
      recycleContexts,
      recycleMemoryMb,
      log,
      tell,
    }),
  );
  const local = createLocalProvider({ pool });
  const spare = opened.use(createSpareSession({ provider: local, log }));
  const providers = [
    local,
    ...(cdpUrl === undefined ? [] : [opened.use(createCdpProvider({ url: cdpUrl, log }))]),
  ];
  return {
    pool,
    openSession: createOpenSession({ providers, defaultProvider: config.provider, spare, log }),
    handedOut: opened.use(createChromiumPool({ executablePath, sandbox, size: config.readySessions, log })),
    async warmUp() {
      await pool.warmUp();
      if (config.spareSession) await spare.start();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
