import { WebSocketServer } from "ws";
import { toFailure } from "../../failure.ts";
import type { DebugSessions } from "../../job/debug-session/debug-sessions.ts";
import { mostMessageBytes } from "../../job/debug-session/relay.ts";
import type { Logger } from "../../log.ts";
import { refuseUpgrade, type UpgradeRoute } from "../upgrades.ts";

/** What of a URL a client of a debug session comes to. Nothing may log it: the token is in it. */
const place = /^\/v1\/debug-sessions\/(?<id>[^/?]+)\/cdp\?token=(?<token>[\w-]+)$/;

/**
 * Lets clients with a good token at the browsers of debug sessions; others are answered as if there were none. A page in
 * somebody's browser, which cannot help naming its origin, is no client.
 */
export function debugSessionClients({
  debugSessions,
  log,
}: {
  debugSessions: DebugSessions;
  log: Logger;
}): UpgradeRoute {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: mostMessageBytes,
  });
  return {
    wants: ({ url = "" }) => url.startsWith("/v1/debug-sessions/"),
    accept(request, socket, head) {
      const { id, token } = place.exec(request.url ?? "")?.groups ?? {};
      if (id === undefined || token === undefined) return refuseUpgrade(socket, 404);
      if (request.headers.origin !== undefined) return refuseUpgrade(socket, 403);
      try {
        debugSessions.assertOpenTo(id, token);
      } catch (error) {
        const { code, status } = toFailure(error);
        log.info({ code }, "a client was not let into a debug session");
        return refuseUpgrade(socket, status);
      }
      sockets.handleUpgrade(request, socket, head, (client) => debugSessions.enter(id, client));
    },
  };
}
