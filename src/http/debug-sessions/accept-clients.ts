import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import { WebSocketServer } from "ws";
import { toFailure } from "../../failure.ts";
import type { DebugSessions } from "../../job/debug-session/debug-sessions.ts";
import { mostMessageBytes } from "../../job/debug-session/relay.ts";
import type { Logger } from "../../log.ts";

/** What of a URL a client of a debug session comes to. Nothing may log it: the token is in it. */
const place = /^\/v1\/debug-sessions\/(?<id>[^/?]+)\/cdp\?token=(?<token>[\w-]+)$/;

/** Whether a request wants the only thing that is no HTTP here. Others that would like to upgrade are answered in HTTP. */
export function wantsDebugSession({ url = "", headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket" && url.startsWith("/v1/debug-sessions/");
}

/**
 * Lets clients with a good token at the browsers of debug sessions; others are answered as if there were none. A page in
 * somebody's browser, which cannot help naming its origin, is no client.
 */
export function acceptClients(
  app: FastifyInstance,
  { debugSessions, log }: { debugSessions: DebugSessions; log: Logger },
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: mostMessageBytes,
  });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const { id, token } = place.exec(request.url ?? "")?.groups ?? {};
    if (id === undefined || token === undefined) return refuse(socket, 404);
    if (request.headers.origin !== undefined) return refuse(socket, 403);
    try {
      debugSessions.assertOpenTo(id, token);
    } catch (error) {
      const { code, status } = toFailure(error);
      log.info({ code }, "a client was not let into a debug session");
      return refuse(socket, status);
    }
    sockets.handleUpgrade(request, socket, head, (client) => debugSessions.enter(id, client));
  };
  app.server.on("upgrade", onUpgrade);
  // The server waits for open connections before it is closed, and for these nobody else cares.
  app.addHook("preClose", () => debugSessions[Symbol.asyncDispose]());
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    () => socket.destroy(),
  );
}
