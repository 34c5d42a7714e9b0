import { once } from "node:events";
import { WebSocket } from "ws";
import { mostViewerBytes, viewerSocket } from "../../browser/screencast/viewer-socket.ts";
import type { Database } from "../../database/open.ts";
import type { Keyring } from "../../identity/sealing/keyring.ts";
import type { Logger } from "../../log.ts";
import { createLiveCalls, type LiveCall, liveChannel } from "./live-call.ts";
import { createLiveRun, type LiveRun } from "./live-run.ts";

/** The runs that this process works on, for those who want to look at one. */
export interface LiveRuns extends AsyncDisposable {
  /** From now on, until disposed of, this process shows the run. */
  begin(runId: string): LiveRun;
}

/** How long a server may take to let us in, in milliseconds. */
const connectMs = 3_000;
const normal = 1_000;

/**
 * A run's page is in whichever process works on the run, maybe on another machine and behind a firewall; somebody who
 * looks comes to a server. So a server calls (`NOTIFY`), the process that has the run connects to it, and sends what is
 * to be seen. Nothing is connected, and no picture taken, unless somebody looks.
 */
export function createLiveRuns({
  database,
  keyring,
  log,
}: {
  database: Pick<Database, "listen">;
  keyring: Pick<Keyring, "derive">;
  log: Logger;
}): LiveRuns {
  const calls = createLiveCalls({ keyring });
  const runs = new Map<string, LiveRun>();
  /** A call may come more than once. */
  const answering = new Set<string>();
  let listening: Promise<AsyncDisposable | undefined> | undefined;

  const answer = async (run: LiveRun, call: LiveCall) => {
    const socket = await reach(call.urls, call.id, calls.answerTo(call.id));
    if (socket === undefined)
      return log.warn(
        { runId: call.runId, urls: call.urls },
        "a run could not be shown: no server was reached; set LATCHKEY_INTERNAL_URL on the server",
      );
    const viewer = viewerSocket(socket, call);
    await run.serve(viewer, call);
    viewer.close(normal, "nothing more to see here");
  };
  const onCall = (payload: string) => {
    const call = calls.read(payload);
    const run = call === undefined ? undefined : runs.get(call.runId);
    if (call === undefined || run === undefined || answering.has(call.id)) return;
    answering.add(call.id);
    answer(run, call)
      .catch((error: unknown) => log.warn({ err: error }, "a run could not be shown"))
      .finally(() => answering.delete(call.id));
  };
  const listen = () =>
    database.listen(liveChannel, onCall).catch((error: unknown) => {
      log.warn({ err: error }, "runs cannot be shown: Postgres does not tell who wants to look");
      listening = undefined;
      return undefined;
    });

  return {
    begin(runId) {
      listening ??= listen();
      const run = createLiveRun(log.child({ runId }));
      runs.set(runId, run);
      return {
        ...run,
        async [Symbol.asyncDispose]() {
          if (runs.get(runId) === run) runs.delete(runId);
          await run[Symbol.asyncDispose]();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...runs.values()].map((run) => run[Symbol.asyncDispose]()));
      await (await listening)?.[Symbol.asyncDispose]();
    },
  };
}

/** Connects to the server that called; undefined where none of its addresses leads to it. */
async function reach(urls: readonly string[], id: string, answer: string): Promise<WebSocket | undefined> {
  for (const url of urls) {
    const address = new URL(`/live/calls/${id}`, url);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, {
      headers: { authorization: `Bearer ${answer}` },
      handshakeTimeout: connectMs,
      maxPayload: mostViewerBytes,
      perMessageDeflate: false,
    });
    socket.on("error", () => undefined);
    try {
      await once(socket, "open");
      return socket;
    } catch {
      socket.terminate();
    }
  }
  return undefined;
}
