import { randomUUID } from "node:crypto";
import { type Browser, chromium, type Page } from "playwright-core";
import { readContext } from "../../browser/handed-out/default-context.ts";
import { watchConnection } from "../../browser/providers/watch-connection.ts";
import { restoreState } from "../../browser/restore-state.ts";
import type { Session } from "../../browser/session.ts";
import { createUserAgents } from "../../browser/user-agent.ts";
import { within } from "../../browser/waiting.ts";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { Secret } from "../../secret.ts";

const connectMs = 30_000;
const closeMs = 5_000;
const heartbeatMs = 15_000;
/** As the sessions of runs have it. */
const viewport = { width: 1280, height: 800 };

/**
 * A session in a browser that a service has signed in: the page it left open there, in the browser's own context.
 * Closing it disconnects.
 * @throws Failure `provider_unavailable`
 */
export async function openRemoteSession({
  cdpUrl,
  slowMoMs,
  log,
}: {
  cdpUrl: Secret;
  slowMoMs: number;
  log: Logger;
}): Promise<Session> {
  const browser = await connect(cdpUrl, slowMoMs);
  const connection = watchConnection({ browser, heartbeatMs });
  let closing: Promise<void> | undefined;
  const disconnect = async () => {
    connection.stop();
    await within(closeMs, browser.close());
  };
  const close = () => (closing ??= disconnect());

  const [context] = browser.contexts();
  const [first] = context?.pages() ?? [];
  if (context === undefined || first === undefined) {
    await close();
    throw new Failure("provider_unavailable", "The browser that the service handed out has no page.");
  }
  await first.setViewportSize(viewport);
  const userAgentOf = createUserAgents();
  const before = { cookies: [], origins: [], sessionStorage: {} };
  const closeOthers = (kept: Page) =>
    Promise.all(
      context
        .pages()
        .filter((other) => other !== kept)
        .map((other) => other.close()),
    );

  const on = (page: Page): Session => ({
    id: randomUUID(),
    provider: "remote",
    isOnlyOne: true,
    proxyServer: null,
    userAgent: () => userAgentOf(context),
    context,
    page,
    lost: connection.lost,
    capture: () => readContext(context, { before, log }),
    async restore(state) {
      await page.goto("about:blank");
      await closeOthers(page);
      await restoreState({ state, log, apply: (restorable) => context.setStorageState(restorable) });
    },
    async renew() {
      const fresh = await context.newPage();
      await fresh.setViewportSize(viewport);
      await closeOthers(fresh);
      await context.unrouteAll({ behavior: "ignoreErrors" });
      return on(fresh);
    },
    close,
    [Symbol.asyncDispose]: close,
  });
  return on(first);
}

async function connect(cdpUrl: Secret, slowMoMs: number): Promise<Browser> {
  try {
    return await chromium.connectOverCDP(cdpUrl.reveal(), { slowMo: slowMoMs, timeout: connectMs });
  } catch (error) {
    // Playwright's own words quote the URL, and with it the token.
    const status = /\b[45]\d\d\b/.exec(
      error instanceof Error ? (error.message.split("\n")[0] ?? "") : "",
    )?.[0];
    const answer = status === undefined ? "" : ` (HTTP ${status})`;
    throw new Failure(
      "provider_unavailable",
      `The service opened a browser, but let nobody connect to it${answer}: a proxy before it has to pass WebSockets.`,
    );
  }
}
