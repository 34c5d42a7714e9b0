import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** The same server under another site: names under localhost lead to loopback. */
  at(host: string): string;
  /** Paths asked for so far. */
  readonly requests: string[];
  /** Connections made so far. */
  readonly connections: () => number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A page for every path, unless the test has its own handler. */
const emptyPage: Handler = (_request, response) => {
  response.setHeader("content-type", "text/html").end("<!doctype html><title>Page</title>");
};

/** A web server on loopback. */
export async function startServer(handler: Handler = emptyPage): Promise<TestServer> {
  const requests: string[] = [];
  let connections = 0;
  const server: Server = createServer((request, response) => {
    requests.push(request.url ?? "");
    handler(request, response);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    at: (host) => `http://${host}:${port}`,
    requests,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
