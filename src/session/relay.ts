import { type RawData, WebSocket } from "ws";
import { judge, type SessionFolders, type Verdict } from "./cdp-rules.ts";

/** The largest message of a browser's, in bytes: a screenshot or a trace's part. */
const mostAnswerBytes = 256 * 2 ** 20;
/** The largest message of a client's, in bytes: a page's content, or an answer given in its server's place. */
export const mostMessageBytes = 64 * 2 ** 20;

/** What may wait for a slow reader before the writer is held up, in bytes. */
const mostWaiting = 8 * 2 ** 20;
/** How often a client is asked whether it is still there, in milliseconds. */
const pingMs = 15_000;

const normalClosure = 1000;
const violatedPolicy = 1008;
const unusableData = 1007;
const goingAway = 1001;

/** One client's connection to a browser. */
export interface Relay {
  /** Resolves when both ends are closed. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Passes CDP messages between a client and the browser at `endpoint`, the client's as far as the rules let them. */
export function relayCdp({
  client,
  endpoint,
  folders,
}: {
  client: WebSocket;
  endpoint: string;
  folders: SessionFolders;
}): Relay {
  const browser = new WebSocket(endpoint, { perMessageDeflate: false, maxPayload: mostAnswerBytes });
  // What the client sends meanwhile waits in its socket.
  client.pause();
  browser.once("open", () => client.resume());

  client.on("message", (data, isBinary) => {
    const verdict = isBinary ? undefined : judged(textOf(data), folders);
    if (verdict === undefined) client.close(unusableData, "not a CDP message");
    else if ("answer" in verdict) {
      pass(client, client, verdict.answer);
      if (verdict.leaves === true) client.close(normalClosure);
    } else pass(client, browser, verdict.pass);
  });
  browser.on("message", (data) => pass(browser, client, textOf(data)));

  // A client whose network went away closes nothing.
  let isThere = true;
  client.on("pong", () => {
    isThere = true;
  });
  const pinging = setInterval(() => {
    if (!isThere) return client.terminate();
    isThere = false;
    if (client.readyState === WebSocket.OPEN) client.ping();
  }, pingMs);
  pinging.unref();

  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const isOver = () =>
    client.readyState === WebSocket.CLOSED && browser.readyState === WebSocket.CLOSED && resolve();
  client.on("error", () => client.terminate());
  browser.on("error", () => browser.terminate());
  client.on("close", () => {
    clearInterval(pinging);
    browser.terminate();
    isOver();
  });
  browser.on("close", () => {
    client.resume();
    client.close(goingAway, "the browser has gone");
    isOver();
  });
  return {
    ended,
    close() {
      client.resume();
      client.close(violatedPolicy, "the session has ended");
      browser.terminate();
      // Who does not answer is not waited for.
      setTimeout(() => client.terminate(), 1_000).unref();
    },
  };
}

/** What the rules cannot cope with is no message: nothing a client sends may reach further than its own connection. */
function judged(text: string, folders: SessionFolders): Verdict | undefined {
  try {
    return judge(text, folders);
  } catch {
    return undefined;
  }
}

function pass(from: WebSocket, to: WebSocket, text: string): void {
  if (to.readyState !== WebSocket.OPEN) return;
  to.send(text, () => {
    if (from.isPaused && to.bufferedAmount < mostWaiting) from.resume();
  });
  if (to.bufferedAmount > mostWaiting) from.pause();
}

/** Messages come as one buffer unless asked for otherwise. */
function textOf(data: RawData): string {
  return data instanceof Buffer ? data.toString() : "";
}
