import type { FastifyInstance } from "fastify";
import { Failure, type FailureCode } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import { sessionFlowName } from "../../session/hold-identity.ts";
import type { HttpDeps } from "../deps.ts";
import type { UpgradeRoute } from "../upgrades.ts";
import { acceptViewers } from "./accept-viewers.ts";
import { createWorkerCalls } from "./call-worker.ts";
import { internalUrls } from "./internal-urls.ts";
import { addLivePage } from "./live-page.ts";
import type { FindLiveSource, LiveSource } from "./live-source.ts";
import { runSource } from "./run-source.ts";
import { sessionSource } from "./session-source.ts";

/** The live view of a server: its page, and where that page's WebSocket, and workers', come in. */
export interface LiveView {
  upgrades: readonly UpgradeRoute[];
  addTo(app: FastifyInstance): void;
}

/** What is no longer, or is another server's to show. */
const notHere: ReadonlySet<FailureCode> = new Set(["not_found", "session_ended", "conflict"]);

export function openLiveView(
  {
    sessions,
    sessionTokens: tokens,
    config,
    database,
    runs,
    liveCalls,
  }: Pick<HttpDeps, "sessions" | "sessionTokens" | "config" | "database" | "runs" | "liveCalls">,
  log: Logger,
): LiveView {
  let server: FastifyInstance["server"] | undefined;
  const calls = createWorkerCalls({
    database,
    calls: liveCalls,
    urls: () => internalUrls(server, config.internalUrl),
  });
  const findSession = async (project: string, id: string): Promise<LiveSource> =>
    sessionSource(await sessions.live(project, id), { database, log });
  const findRun = async (project: string, id: string): Promise<LiveSource | undefined> => {
    const run = await runs.get(project, id);
    // A session's login is shown to nobody; what is handed out is looked at as the session.
    if (run.flow === sessionFlowName) return undefined;
    return run.endedAt === null ? runSource({ database, runs, calls, log }, { project, id }) : undefined;
  };
  const find: FindLiveSource = async (project, id) =>
    (await ifThere(findSession(project, id))) ?? (await ifThere(findRun(project, id)));
  const viewers = acceptViewers({ tokens, find, log });
  return {
    upgrades: [viewers.route, calls.route],
    addTo(app) {
      server = app.server;
      addLivePage(app, { tokens, find, frameAncestors: config.liveFrameAncestors });
      // Before what they look at is ended.
      app.addHook("preClose", () => viewers.close());
    },
  };
}

async function ifThere(looking: Promise<LiveSource | undefined>): Promise<LiveSource | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof Failure && notHere.has(error.code)) return undefined;
    throw error;
  }
}
