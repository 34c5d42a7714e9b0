import type { Logger } from "../../log.ts";
import { plainUrl, withoutQueries } from "../plain-url.ts";
import { actOnPage, type PageActions } from "./act-on-page.ts";
import type { LivePages, PageInfo } from "./connection.ts";
import { type FollowedPage, type Follower, followPages } from "./follow-pages.ts";
import { type Frame, type FrameStream, streamFrames } from "./frames.ts";
import type { LookMessage, ServerMessage, ViewerMessage } from "./protocol.ts";

/** Somebody who looks, at the other end of a connection. */
export interface ViewerChannel {
  send(message: ServerMessage): void;
  sendFrame(header: { n: number; width: number; height: number }, jpeg: Buffer): void;
  /** Calls `listener` with what the viewer sends, as far as its scope goes, until disposed of. */
  onMessage(listener: (message: ViewerMessage) => void): Disposable;
  /** Shows the door to a viewer who sends faster than it can be dealt with. */
  overrun(): void;
}

export interface ShowPagesOptions {
  pages: LivePages;
  viewer: ViewerChannel;
  /** Whether the viewer's mouse and keys go to the page. */
  mayAct: boolean;
  log: Logger;
}

/** A viewer being shown the pages. */
export interface ShownPages {
  close(): Promise<void>;
}

const quality = 70;
const mostPerSecond = 25;
/** How many frames may be on their way to the viewer: one drawn while the next one comes. */
const room = 2;
const titleMs = 500;
/** What a viewer may have sent that is not dealt with yet: so many messages, with so many characters of text. */
const mostPending = 200;
const mostPendingText = 4 * 2 ** 20;
const firstSize = { width: 1_280, height: 1_280 };

/** Shows a viewer the page that matters, and does in it what the viewer may do, until closed. */
export async function showPages({ pages, viewer, mayAct, log }: ShowPagesOptions): Promise<ShownPages> {
  let size = firstSize;
  let stream: FrameStream | undefined;
  let actions: PageActions | undefined;
  let watching = new DisposableStack();
  let shown: Frame | undefined;
  let lastFrame = 0;
  /** By their numbers, the frames the viewer has not drawn yet. */
  const onTheWay = new Map<number, () => void>();

  const leave = async () => {
    watching.dispose();
    watching = new DisposableStack();
    await actions?.close();
    actions = undefined;
    await stream?.stop();
    stream = undefined;
    onTheWay.clear();
  };
  /** An address may let in whoever has it: one who may only look is not given what would. */
  const asSeen = (page: PageInfo): PageInfo =>
    mayAct ? page : { ...page, url: plainUrl(page.url), title: withoutQueries(page.title) };
  /** A page's title and address change with what it shows; looked at when it has shown something new. */
  let looking: NodeJS.Timeout | undefined;
  const lookAtTitles = () => {
    looking ??= setTimeout(() => {
      looking = undefined;
      pages.refresh();
    }, titleMs);
  };
  let active: string | undefined;
  const tellTabs = () => viewer.send({ type: "tabs", tabs: pages.list().map(asSeen), active });

  const onPage = async (page: FollowedPage | undefined) => {
    await leave();
    active = page?.id;
    tellTabs();
    if (page === undefined) return;
    try {
      await look(page);
    } catch (error) {
      // It closed meanwhile, and another is looked at next.
      log.debug({ err: error }, "a page could not be shown");
    }
  };
  const look = async ({ connection }: FollowedPage) => {
    let wasVisible = false;
    watching.use(
      connection.onEvent(({ method, params }) => {
        if (method !== "Page.screencastVisibilityChanged") return;
        // Another was brought before it. One that lay behind when it was chosen is looked at where it is.
        if (wasVisible && params["visible"] === false) void follower?.lookForVisible();
        wasVisible = params["visible"] === true;
      }),
    );
    if (mayAct) actions = await actOnPage({ page: connection, viewer, shown: () => shown, log });
    stream = await streamFrames(connection, {
      size,
      quality,
      mostPerSecond,
      room,
      onFrame(frame, dealtWith) {
        shown = frame;
        lookAtTitles();
        lastFrame += 1;
        onTheWay.set(lastFrame, dealtWith);
        viewer.sendFrame({ n: lastFrame, width: frame.width, height: frame.height }, frame.jpeg);
      },
    });
  };

  let follower: Follower | undefined;
  const receiveLook = async (message: Exclude<LookMessage, { type: "shown" }>) => {
    if (message.type === "size") {
      const { width, height } = message;
      if (width === size.width && height === size.height) return;
      size = { width, height };
      await stream?.resize(size);
    } else {
      await follower?.choose(message.id);
      if (mayAct) await actions?.bringToFront();
    }
  };
  const deal = (message: Exclude<ViewerMessage, { type: "shown" }>): Promise<void> | undefined => {
    if (message.type === "size" || message.type === "tab")
      return receiveLook(message).catch((error: unknown) =>
        log.debug({ err: error }, "a view was not changed"),
      );
    if (message.type === "closeTab")
      return pages
        .closePage(message.id)
        .catch((error: unknown) => log.debug({ err: error }, "a tab was not closed"));
    return actions?.act(message);
  };
  let pending = 0;
  let pendingText = 0;
  const receive = (message: ViewerMessage) => {
    if (message.type === "shown") {
      onTheWay.get(message.n)?.();
      onTheWay.delete(message.n);
      return;
    }
    const length = "text" in message ? (message.text?.length ?? 0) : 0;
    if (pending >= mostPending || pendingText + length > mostPendingText) return viewer.overrun();
    const work = deal(message);
    if (work === undefined) return;
    pending += 1;
    pendingText += length;
    void work.finally(() => {
      pending -= 1;
      pendingText -= length;
    });
  };

  const listening = new DisposableStack();
  // Before the first frame, which is answered.
  listening.use(viewer.onMessage(receive));
  listening.use(pages.onChange(tellTabs));
  try {
    follower = await followPages({ pages, onPage });
  } catch (error) {
    listening.dispose();
    throw error;
  }
  const followed = follower;

  let closing: Promise<void> | undefined;
  const close = async () => {
    listening.dispose();
    clearTimeout(looking);
    await leave();
    await followed.close();
  };
  return { close: () => (closing ??= close()) };
}
