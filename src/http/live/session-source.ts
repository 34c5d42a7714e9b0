import { openBrowserPages } from "../../browser/screencast/browser-pages.ts";
import { showPages } from "../../browser/screencast/show-pages.ts";
import type { Logger } from "../../log.ts";
import type { LiveSource } from "./live-source.ts";

/** A session of this process, as far as it is looked at. */
export interface ViewableSession {
  /** `ws://127.0.0.1:…/devtools/browser/…` */
  readonly endpoint: string;
  /** Counts as somebody connected until disposed of. */
  hold(): Disposable;
  /** Aborted when the session is over. */
  readonly ending: AbortSignal;
}

/** A session's browser, looked at beside whoever drives it. */
export function sessionSource(session: ViewableSession, log: Logger): LiveSource {
  return {
    what: "session",
    async show(viewer, scope) {
      using _held = session.hold();
      const over = AbortSignal.any([viewer.gone, session.ending]);
      try {
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

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
