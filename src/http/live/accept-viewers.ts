import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import { mostViewerBytes, viewerSocket } from "../../browser/screencast/viewer-socket.ts";
import type { Logger } from "../../log.ts";
import type { SessionScope, SessionTokens } from "../../session/tokens.ts";
import { refuseUpgrade, type UpgradeRoute } from "../upgrades.ts";
import type { FindLiveSource, LiveSource } from "./live-source.ts";

const place = /^\/live\/(?<id>[\w-]{1,100})\/socket$/;

/**
 * The subprotocol spoken (RFC 6455 §1.9). A viewer offers its token as a second one: a page cannot send headers, a URL
 * ends in logs, and a first message would come after the upgrade that it is to be refused.
 */
const subprotocol = "latchkey.live";

/** As many may look at one thing. */
const mostViewers = 10;

const normal = 1_000;
const goingAway = 1_001;
const tryLater = 1_013;

export interface LiveViewers {
  route: UpgradeRoute;
  /** Shows everybody the door: the server stops. */
  close(): Promise<void>;
}

/**
 * Lets viewers with a good token see what it is for. Everybody else is told, before any upgrade, that there is nothing;
 * a page of another origin, which could have been given somebody's token, is refused.
 */
export function acceptViewers({
  tokens,
  find,
  log,
}: {
  tokens: SessionTokens;
  find: FindLiveSource;
  log: Logger;
}): LiveViewers {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: mostViewerBytes,
    handleProtocols: () => subprotocol,
  });
  const viewers = new Map<string, number>();
  const showing = new Set<Promise<void>>();
  const stopping = new AbortController();

  const enter = async (
    { id, source, scope }: { id: string; source: LiveSource; scope: SessionScope },
    socket: Parameters<typeof viewerSocket>[0],
  ) => {
    const viewer = viewerSocket(socket, {
      // A run acts as an identity: whoever acts in it drives it.
      mayAct: scope === "drive" || (scope === "act" && source.what === "session"),
      mayGo: scope === "drive",
    });
    const leave = () => viewer.close(goingAway, "the server stops");
    stopping.signal.addEventListener("abort", leave, { once: true });
    const count = (viewers.get(id) ?? 0) + 1;
    viewers.set(id, count);
    try {
      if (count > mostViewers) return viewer.close(tryLater, "too many viewers");
      log.info({ live: id, what: source.what, scope }, "a viewer came");
      viewer.send({ type: "hello", scope, what: source.what });
      await source.show(viewer, scope);
      viewer.close(normal, "nothing more to see");
      log.info({ live: id }, "a viewer left");
    } finally {
      stopping.signal.removeEventListener("abort", leave);
      const left = (viewers.get(id) ?? 1) - 1;
      if (left === 0) viewers.delete(id);
      else viewers.set(id, left);
    }
  };

  return {
    route: {
      wants: ({ url = "" }) => place.test(url),
      accept(request, socket, head) {
        const id = place.exec(request.url ?? "")?.groups?.["id"] ?? "";
        if (!isOwnOrigin(request)) return refuseUpgrade(socket, 403);
        const grant = tokens.check(offeredToken(request), id);
        if (grant === undefined) return refuseUpgrade(socket, 404);
        const { project, scope } = grant;
        find(project, id).then(
          (source) => {
            if (source === undefined || stopping.signal.aborted) return refuseUpgrade(socket, 404);
            sockets.handleUpgrade(request, socket, head, (client) => {
              const shown = enter({ id, source, scope }, client);
              showing.add(shown);
              void shown.finally(() => showing.delete(shown));
            });
          },
          (error: unknown) => {
            log.warn({ err: error, live: id }, "what a viewer wants could not be looked up");
            refuseUpgrade(socket, 503);
          },
        );
      },
    },
    async close() {
      stopping.abort();
      await Promise.allSettled(showing);
    },
  };
}

/** The protocols offered are ours and the token; there is none in the URL. */
function offeredToken({ headers }: IncomingMessage): string {
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim());
  return offered[0] === subprotocol ? (offered[1] ?? "") : "";
}

/** Only the page that this server served speaks to it. */
function isOwnOrigin({ headers: { origin, host } }: IncomingMessage): boolean {
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
