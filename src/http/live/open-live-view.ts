import type { FastifyInstance } from "fastify";
import { Failure, type FailureCode } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { HttpDeps } from "../deps.ts";
import type { UpgradeRoute } from "../upgrades.ts";
import { acceptViewers } from "./accept-viewers.ts";
import { addLivePage } from "./live-page.ts";
import type { FindLiveSource } from "./live-source.ts";
import { sessionSource } from "./session-source.ts";

/** The live view of a server: its page, and where that page's WebSocket comes in. */
export interface LiveView {
  upgrades: readonly UpgradeRoute[];
  addTo(app: FastifyInstance): void;
}

/** What is no longer, or is another server's to show. */
const notHere: ReadonlySet<FailureCode> = new Set(["not_found", "session_ended", "conflict"]);

export function openLiveView(
  { sessions, sessionTokens: tokens, config }: Pick<HttpDeps, "sessions" | "sessionTokens" | "config">,
  log: Logger,
): LiveView {
  const find: FindLiveSource = async (project, id) => {
    try {
      return sessionSource(await sessions.live(project, id), log);
    } catch (error) {
      if (error instanceof Failure && notHere.has(error.code)) return undefined;
      throw error;
    }
  };
  const viewers = acceptViewers({ tokens, find, log });
  return {
    upgrades: [viewers.route],
    addTo(app) {
      addLivePage(app, { tokens, find, frameAncestors: config.liveFrameAncestors });
      // Before what they look at is ended.
      app.addHook("preClose", () => viewers.close());
    },
  };
}
