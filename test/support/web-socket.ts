import { once } from "node:events";
import { WebSocket } from "ws";

/** What a client is answered that asks for a WebSocket: 101 where it is let in, and out again. */
export async function upgradeStatus(
  url: string,
  options: { origin?: string } = {},
): Promise<number | undefined> {
  const socket = new WebSocket(url, options);
  const opened = once(socket, "open").then(() => 101);
  const refused = once(socket, "unexpected-response").then(([, response]) => response.statusCode as number);
  for (const result of [opened, refused]) result.catch(() => {});
  const status = await Promise.race([opened, refused]);
  socket.on("error", () => {}).terminate();
  return status;
}
