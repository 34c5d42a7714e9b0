import { openBrowserPages } from "../../browser/screencast/browser-pages.ts";
import { showPages } from "../../browser/screencast/show-pages.ts";
import type { Database } from "../../database/open.ts";
import { runChannel } from "../../job/record/run-events.ts";
import type { Logger } from "../../log.ts";
import { aborted } from "../../until-aborted.ts";
import type { LiveSource } from "./live-source.ts";

/** A session of this process, as far as it is looked at. */
export interface ViewableSession {
  readonly id: string;
  /** `ws://127.0.0.1:…/devtools/browser/…` */
  readonly endpoint: string;
  /** False while its identities are being signed in. */
  readonly isHandedOut: boolean;
  /** Counts as somebody connected until disposed of. */
  hold(): Disposable;
  /** Aborted when the session is over. */
  readonly ending: AbortSignal;
}

/** How long a notification may stay away before a session is looked at all the same, in milliseconds. */
const lookMs = 1_000;

/**
 * A session's browser, looked at beside whoever drives it. While its identities are signed in nobody sees it: whoever has
 * a link to the session could have it without leave to read credentials.
 */
export function sessionSource(
  session: ViewableSession,
  { database, log }: { database: Pick<Database, "listen">; log: Logger },
): LiveSource {
  return {
    what: "session",
    async show(viewer, scope) {
      using _held = session.hold();
      const over = AbortSignal.any([viewer.gone, session.ending]);
      try {
        if (!session.isHandedOut) {
          viewer.send({ type: "state", state: "signing_in" });
          await handedOut(session, database, over);
        }
        if (over.aborted) return viewer.send({ type: "state", state: "ended" });
        const pages = await openBrowserPages(session.endpoint);
        const mayAct = scope !== "view";
        viewer.send({ type: "state", state: "live" });
        const shown = await showPages({ pages, viewer, mayAct, log });
        await aborted(AbortSignal.any([over, pages.ended]));
        await shown.close();
        await pages.close();
      } catch (error) {
        if (!over.aborted) log.warn({ err: error }, "a session could not be shown");
      }
      viewer.send({ type: "state", state: "ended" });
    },
  };
}

/** Resolves when the session is handed out, or it is over. */
async function handedOut(
  session: ViewableSession,
  database: Pick<Database, "listen">,
  over: AbortSignal,
): Promise<void> {
  let wake = Promise.withResolvers<void>();
  over.addEventListener("abort", () => wake.resolve(), { once: true });
  // The run that signs its identity in goes by the session's id, and tells how it goes on.
  await using _listening = await database.listen(runChannel, (payload) => {
    if (payload === session.id) wake.resolve();
  });
  while (!session.isHandedOut && !over.aborted) {
    const timer = setTimeout(() => wake.resolve(), lookMs);
    await wake.promise;
    clearTimeout(timer);
    wake = Promise.withResolvers();
  }
}
