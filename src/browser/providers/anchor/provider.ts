import type { Browser } from "playwright-core";
import { Failure } from "../../../failure.ts";
import type { Logger } from "../../../log.ts";
import type { Redactor } from "../../../redact.ts";
import { Secret } from "../../../secret.ts";
import { untilAborted, within } from "../../waiting.ts";
import { createChromiumFolder, removeChromiumFolder, sweepChromiumFolders } from "../../worker-folder.ts";
import { connect } from "../connect.ts";
import type { ContextRequest, LentContext, Provider } from "../provider.ts";
import { watchConnection } from "../watch-connection.ts";
import type { CreatedSession } from "./answers.ts";
import { cdpUrls } from "./cdp-url.ts";
import { createAnchorClient } from "./client.ts";
import { createAnchorIdentities } from "./identities.ts";
import { inStep } from "./in-step.ts";
import { refusalOf } from "./refusal.ts";
import type { AnchorChoices } from "./session-body.ts";
import { createAnchorSessions } from "./sessions.ts";

export interface AnchorProviderOptions {
  baseUrl: string;
  apiKey: Secret;
  choices: AnchorChoices;
  redactor: Redactor;
  log: Logger;
  /** How often a session is asked whether it is still there, in milliseconds; 15,000 unless given. */
  heartbeatMs?: number;
}

const name = "anchor";
const defaultMaxMs = 20 * 60_000;
const checkMs = 10_000;
const disconnectMs = 5_000;
const lostDisconnectMs = 500;
/** A run waits so long for its session to be ended, in milliseconds; after that it is ended behind its back. */
const endMs = 8_000;

/**
 * Sessions at a server of Anchor's API: Anchor's cloud, another Latchkey. Each is created there for one run, signed in
 * as the identities asked for, used through the context and page it has, and ended there whatever happens.
 */
export function createAnchorProvider({
  baseUrl,
  apiKey,
  choices,
  redactor,
  log: processLog,
  heartbeatMs = 15_000,
}: AnchorProviderOptions): Provider {
  const log = processLog.child({ provider: name });
  redactor.add(apiKey);
  const client = createAnchorClient({ baseUrl, apiKey, log });
  const sessions = createAnchorSessions({ client, choices, log });
  const open = new Set<() => Promise<void>>();
  const sweeping = sweepChromiumFolders({ log });
  let closing: Promise<void> | undefined;

  /** Whoever knows a session's id or addresses can see and drive it, for as long as it is there. */
  const hide = ({ id, cdpUrl, liveViewUrl }: CreatedSession): Disposable => {
    const given = [id, cdpUrl, liveViewUrl].filter((value) => value !== undefined);
    // A server's own tokens for the session stand in its addresses.
    const tokens = given.flatMap((value) => [...(URL.parse(value)?.searchParams.values() ?? [])]);
    const own = [...given, ...tokens].filter((value) => value !== apiKey.reveal());
    const secrets = own.map((value) => new Secret(value));
    for (const secret of secrets) redactor.add(secret);
    return {
      [Symbol.dispose]() {
        for (const secret of secrets) redactor.forget(secret);
      },
    };
  };

  const reach = async (
    created: CreatedSession,
    request: ContextRequest,
    folder: string,
  ): Promise<Browser> => {
    const urls = cdpUrls({
      answered: created.cdpUrl,
      baseUrl,
      apiKey: apiKey.reveal(),
      sessionId: created.id,
    }).map((url) => new Secret(url));
    let failure: unknown;
    for (const url of urls) {
      const { slowMoMs, signal } = request;
      try {
        return await connect({ url, folder, slowMoMs, isOurs: true, provider: name, log, signal });
      } catch (error) {
        failure ??= error;
        signal.throwIfAborted();
        if (error instanceof Failure && error.code === "provider_refused") break;
      }
    }
    throw failure;
  };

  const use = async (
    created: CreatedSession,
    request: ContextRequest,
    hidden: Disposable,
  ): Promise<LentContext> => {
    const folder = await createChromiumFolder();
    const browser = await reach(created, request, folder).catch(async (error: unknown) => {
      await removeChromiumFolder(folder);
      throw error;
    });
    const connection = watchConnection({ browser, heartbeatMs });
    let leaving: Promise<void> | undefined;
    const leave = async () => {
      connection.stop();
      await within(connection.lost.aborted ? lostDisconnectMs : disconnectMs, browser.close());
      await removeChromiumFolder(folder);
      await within(endMs, sessions.end(created.id));
      hidden[Symbol.dispose]();
      open.delete(close);
    };
    const close = () => (leaving ??= leave());
    open.add(close);
    try {
      const { context, page } = await untilAborted(request.signal, firstPage(browser));
      const { storageState } = request.contextOptions;
      // Nothing to restore is nothing to clear: the session may be signed in already.
      if (typeof storageState === "object" && storageState.cookies.length + storageState.origins.length > 0)
        await untilAborted(request.signal, context.setStorageState(storageState));
      return { context, page, isOnlyOne: true, lost: connection.lost, close };
    } catch (error) {
      await close();
      if (connection.lost.aborted) throw connection.lost.reason;
      throw error;
    }
  };

  const lend = async (request: ContextRequest): Promise<LentContext> => {
    if (closing !== undefined) throw new Failure("provider_unavailable", "The browser provider is closed.");
    const { attach = [], tag, maxMs = defaultMaxMs, signal } = request;
    const left = tag === undefined ? undefined : sessions.endLeft(tag);
    const created = await untilAborted(
      signal,
      sessions.create(
        {
          identityIds: attach,
          tags: tag === undefined ? [] : [tag],
          maxMs,
          proxyServer: request.contextOptions.proxy?.server,
        },
        signal,
        left,
      ),
      (late) => late && sessions.end(late.id),
    );
    const hidden = hide(created);
    if (attach.length > 0) sessions.noteAuthStatus(created.id);
    try {
      return await use(created, request, hidden);
    } catch (error) {
      await within(endMs, sessions.end(created.id));
      hidden[Symbol.dispose]();
      throw error;
    }
  };

  const close = async () => {
    await Promise.allSettled([sweeping, ...[...open].map((end) => end())]);
    await sessions[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
  };
  const provider: Provider = {
    name,
    identities: createAnchorIdentities({ client, redactor }),
    lend,
    async check(signal) {
      const { host } = new URL(baseUrl);
      const asked = { method: "GET", path: "/v1/applications", purpose: "see whether it answers" } as const;
      await inStep(
        async () => {
          const answer = await client.send({ ...asked, signal, limitMs: checkMs });
          if (answer.status !== 200) throw refusalOf(answer, { about: "server" });
        },
        { retries: 1, signal },
      );
      return `${name} at ${host} takes the key`;
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => provider.close(),
  };
  return provider;
}

/** The session's own context, which holds its sign-in, and its page. */
async function firstPage(browser: Browser) {
  const context = browser.contexts()[0];
  if (context === undefined)
    throw new Failure("provider_unavailable", "The session at the browser provider has no context.");
  return { context, page: context.pages()[0] ?? (await context.newPage()) };
}
