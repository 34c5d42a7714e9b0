import type { LivePages } from "../../browser/screencast/connection.ts";
import { openContextPages } from "../../browser/screencast/context-pages.ts";
import { type ShownPages, showPages } from "../../browser/screencast/show-pages.ts";
import type { ViewerSocket } from "../../browser/screencast/viewer-socket.ts";
import type { Session } from "../../browser/session.ts";
import type { Logger } from "../../log.ts";
import { aborted } from "../../until-aborted.ts";

/** A run that this process works on, as far as somebody may look at it. */
export interface LiveRun extends AsyncDisposable {
  /** The run works in this session from now on. */
  show(session: Session): void;
  /** Shows nothing to those who may only look until disposed of: the login types. */
  hide(): Disposable;
  /** Shows the run to a viewer until the viewer has gone or the run has left this process. Never throws. */
  serve(viewer: ViewerSocket, options: { mayAct: boolean }): Promise<void>;
}

/**
 * Nothing of a login is shown to those who may only look: one-time codes stand in the clear in their fields, and some
 * sites show passwords. A screenshot can be masked before anybody sees it; of a moving page a frame would slip through
 * between its change and the mask's. Who drives sees it: they are there to act in it, as an administrator of the
 * project.
 */
export function createLiveRun(log: Logger): LiveRun {
  let session: Session | undefined;
  let hiders = 0;
  const over = new AbortController();
  const watchers = new Set<() => void>();
  const serving = new Set<Promise<void>>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };

  const serve: LiveRun["serve"] = async (viewer, { mayAct }) => {
    let shown: { session: Session; pages: LivePages; view: ShownPages } | undefined;
    let turn: Promise<void> = Promise.resolve();
    const wanted = () => (over.signal.aborted || (hiders > 0 && !mayAct) ? undefined : session);
    // Looked at for each message: what was painted before it was hidden is not sent after.
    const guarded = {
      onMessage: viewer.onMessage,
      overrun: viewer.overrun,
      send: (message: Parameters<ViewerSocket["send"]>[0]) => {
        if (wanted() !== undefined) viewer.send(message);
      },
      sendFrame: (...frame: Parameters<ViewerSocket["sendFrame"]>) => {
        if (wanted() !== undefined) viewer.sendFrame(...frame);
      },
    };
    const close = async () => {
      const before = shown;
      shown = undefined;
      await before?.view.close();
      await before?.pages.close();
    };
    const update = async () => {
      const next = wanted();
      if (next !== undefined && next === shown?.session) return;
      await close();
      if (over.signal.aborted || viewer.gone.aborted) return;
      if (next === undefined)
        return viewer.send({ type: "state", state: session === undefined ? "waiting" : "signing_in" });
      const pages = openContextPages(next.context);
      try {
        viewer.send({ type: "state", state: "live" });
        shown = { session: next, pages, view: await showPages({ pages, viewer: guarded, mayAct, log }) };
      } catch (error) {
        await pages.close();
        log.debug({ err: error }, "a run's session could not be shown");
      }
    };
    const onChange = () => {
      turn = turn.then(update).catch((error: unknown) => {
        log.debug({ err: error }, "a run's view could not be changed");
      });
    };
    watchers.add(onChange);
    onChange();
    await aborted(AbortSignal.any([over.signal, viewer.gone]));
    watchers.delete(onChange);
    await turn;
    await close().catch((error: unknown) => log.debug({ err: error }, "a run's view did not close well"));
  };

  return {
    show(next) {
      session = next;
      changed();
    },
    hide() {
      hiders += 1;
      changed();
      let isHiding = true;
      return {
        [Symbol.dispose]() {
          if (!isHiding) return;
          isHiding = false;
          hiders -= 1;
          changed();
        },
      };
    },
    serve(viewer, options) {
      const served = serve(viewer, options);
      serving.add(served);
      return served.finally(() => serving.delete(served));
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.all(serving);
    },
  };
}
