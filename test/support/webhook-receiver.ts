import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { startServer, type TestServer } from "./web-server.ts";

/** One message as it came in. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A webhook receiver on loopback that keeps what it is sent. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly server: TestServer;
  readonly url: string;
  readonly received: Received[];
  /** How the next ones are answered; 204 unless set. */
  answer: (response: ServerResponse, message: Received) => void;
  /** What the message says, once its signature was found good. Throws if it is not. */
  verified(secret: string, message?: Received): WebhookBody;
}

export interface WebhookBody {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const server = await startServer((request, response) => {
    void text(request).then((body) => {
      const message = { path: request.url ?? "", headers: request.headers, body };
      received.push(message);
      receiver.answer(response, message);
    });
  });
  const receiver: WebhookReceiver = {
    server,
    url: `${server.url}/hook`,
    received,
    answer: (response) => response.writeHead(204).end(),
    verified(secret, message = received.at(-1)) {
      if (message === undefined) throw new Error("Nothing was received.");
      return new Webhook(secret).verify(
        message.body,
        message.headers as Record<string, string>,
      ) as WebhookBody;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return receiver;
}
