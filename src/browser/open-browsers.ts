import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import type { Tell } from "../observe.ts";
import type { Redactor } from "../redact.ts";
import { type BrowserPool, createBrowserPool } from "./browser-pool.ts";
import { findChromium } from "./find-chromium.ts";
import { type ChromiumPool, createChromiumPool } from "./handed-out/pool.ts";
import { createOpenSession, findProvider } from "./open-session.ts";
import { createAnchorProvider } from "./providers/anchor/provider.ts";
import { createCdpProvider } from "./providers/cdp.ts";
import { createLocalProvider } from "./providers/local.ts";
import type { Provider } from "./providers/provider.ts";
import type { ProviderIdentities } from "./providers/provider-identities.ts";
import type { FindLeases } from "./providers/shared-context.ts";
import { createVideoMaker, type VideoMaker } from "./recording/video-maker.ts";
import type { OpenSession } from "./session.ts";
import { createSpareSession } from "./spare-session.ts";

/** Where a process's sessions come from; closing it ends them all. */
export interface Browsers extends AsyncDisposable {
  pool: BrowserPool;
  openSession: OpenSession;
  /** The identities that a provider keeps itself; the configuration's provider's unless named. */
  identitiesAt(provider?: string): ProviderIdentities | undefined;
  /**
   * What answers at each provider that is set up beside the local one.
   * @throws Failure of the first that does not; `invalid_argument` where the one to use is not set up
   */
  checkProviders(signal: AbortSignal): Promise<string[]>;
  /** Chromiums that nobody else's session is in, for somebody to drive over CDP. */
  handedOut: ChromiumPool;
  /** Makes videos of what was recorded of them. */
  videos: VideoMaker;
  /** For a process that will run many sessions: starts the local browser and, if set so, keeps one session ready. */
  warmUp(): Promise<void>;
}

/** The providers that the settings name, behind one door. Nothing is started before the first session is asked for. */
export function openBrowsers({
  config,
  log,
  tell,
  redactor,
  leases,
}: {
  config: Config;
  log: Logger;
  tell: Tell;
  redactor: Redactor;
  /** This process's leases, where it has a database. */
  leases?: FindLeases;
}): Browsers {
  const { recycleContexts, recycleMemoryMb, chromiumSandbox: sandbox, chromiumPath } = config;
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
    ...remoteProviders({ config, log, redactor, leases }).map((one) => opened.use(one)),
  ];
  return {
    pool,
    openSession: createOpenSession({ providers, defaultProvider: config.provider, spare, log }),
    identitiesAt: (provider = config.provider) => providers.find(({ name }) => name === provider)?.identities,
    async checkProviders(signal) {
      findProvider(providers, config.provider);
      const answers: string[] = [];
      for (const provider of providers)
        if (provider.check !== undefined) answers.push(await provider.check(signal));
      return answers;
    },
    handedOut: opened.use(createChromiumPool({ executablePath, sandbox, size: config.readySessions, log })),
    videos: opened.use(createVideoMaker({ executablePath, sandbox, log })),
    async warmUp() {
      await pool.warmUp();
      if (config.spareSession) await spare.start();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The providers beside this machine's own browser that the settings set up. */
function remoteProviders({
  config,
  log,
  redactor,
  leases,
}: {
  config: Config;
  log: Logger;
  redactor: Redactor;
  leases: FindLeases | undefined;
}): Provider[] {
  const { cdpUrl, anchorBaseUrl: baseUrl, anchorProxy: proxy } = config;
  const apiKey = config.anchorApiKey ?? config.anchorApiKeyAlias;
  const choices = { proxy, captchaSolver: config.anchorCaptchaSolver, stealth: config.anchorStealth };
  return [
    ...(cdpUrl === undefined ? [] : [createCdpProvider({ url: cdpUrl, log, ...(leases && { leases }) })]),
    ...(apiKey === undefined ? [] : [createAnchorProvider({ baseUrl, apiKey, choices, redactor, log })]),
  ];
}
