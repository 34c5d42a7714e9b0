import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";

/** A place where clients leave HTTP for WebSocket (RFC 6455). */
export interface UpgradeRoute {
  /** Whether this request is this route's; looked at for requests that ask for `websocket` only. */
  wants(request: IncomingMessage): boolean;
  /** Lets the client in, or refuses it. Nothing may log the URL: there may be a token in it. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Whether a request is for one of the routes. Others that would like to upgrade are answered in HTTP. */
export function wantsUpgrade(routes: readonly UpgradeRoute[]): (request: IncomingMessage) => boolean {
  return (request) => asksForWebSocket(request) && routes.some((route) => route.wants(request));
}

/** Gives each upgrade to the first route that wants it. */
export function acceptUpgrades(app: FastifyInstance, routes: readonly UpgradeRoute[]): void {
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const route = routes.find((candidate) => candidate.wants(request));
    if (route === undefined) refuseUpgrade(socket, 404);
    else route.accept(request, socket, head);
  });
}

/** Answers an upgrade in HTTP instead, with a body for clients that show it. */
export function refuseUpgrade(socket: Duplex, status: number, text = ""): void {
  const type = text === "" ? "" : "content-type: text/plain; charset=utf-8\r\n";
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n${type}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    () => socket.destroy(),
  );
}

const asksForWebSocket = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === "websocket";
