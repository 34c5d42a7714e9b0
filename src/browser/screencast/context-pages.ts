import { randomUUID } from "node:crypto";
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { onEachPage } from "../each-page.ts";
import type { LivePages, PageConnection, PageInfo } from "./connection.ts";

interface Known extends PageInfo {
  page: Page;
}

/** The pages of a context that Playwright drives in this process. */
export function openContextPages(context: BrowserContext): LivePages {
  const pages = new Map<string, Known>();
  const listeners = new Set<() => void>();
  const gone = new AbortController();
  const opened = new DisposableStack();
  const changed = () => {
    for (const listener of listeners) listener();
  };

  const read = async (known: Known) => {
    const title = await known.page.title().catch(() => known.title);
    const url = known.page.url();
    if (!pages.has(known.id) || (title === known.title && url === known.url)) return;
    Object.assign(known, { title, url });
    changed();
  };
  const watch = (page: Page) => {
    const known: Known = { id: randomUUID(), page, title: "", url: page.url(), crashed: false };
    pages.set(known.id, known);
    const onRead = () => void read(known);
    const onClose = () => {
      pages.delete(known.id);
      changed();
    };
    const onCrash = () => {
      known.crashed = true;
      changed();
    };
    page.on("domcontentloaded", onRead).on("load", onRead).on("close", onClose).on("crash", onCrash);
    opened.defer(() => {
      page.off("domcontentloaded", onRead).off("load", onRead).off("close", onClose).off("crash", onCrash);
    });
    onRead();
    changed();
  };
  onEachPage(context, watch);
  opened.defer(() => context.off("page", watch));
  const onClosed = () => gone.abort();
  context.once("close", onClosed);
  opened.defer(() => context.off("close", onClosed));

  return {
    refresh() {
      for (const known of pages.values()) void read(known);
    },
    list: () => [...pages.values()].map(({ id, title, url, crashed }) => ({ id, title, url, crashed })),
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async attach(pageId) {
      const known = pages.get(pageId);
      if (known === undefined) throw new Error("The page has gone.");
      return attachTo(known.page, await context.newCDPSession(known.page));
    },
    async closePage(pageId) {
      await pages.get(pageId)?.page.close();
    },
    ended: gone.signal,
    close() {
      opened.dispose();
      return Promise.resolve();
    },
  };
}

function attachTo(page: Page, session: CDPSession): PageConnection {
  const frames = new Map<string, Promise<PageConnection | undefined>>();
  let closing: Promise<void> | undefined;
  const close = async () => {
    for (const frame of frames.values()) await (await frame)?.close();
    await session.detach().catch(() => undefined);
  };
  return {
    send: (method, params = {}) => sendTo(session, method, params),
    onEvent(listener) {
      const onEvent = ({ method, params }: { method: string; params?: object }) =>
        listener({ method, params: { ...params } });
      session.on("event", onEvent);
      return { [Symbol.dispose]: () => void session.off("event", onEvent) };
    },
    attachFrame(frameId) {
      const attached = frames.get(frameId) ?? findFrame(page, frameId).catch(() => undefined);
      frames.set(frameId, attached);
      return attached;
    },
    close: () => (closing ??= close()),
  };
}

/** Playwright's types know each command by its name; here the name varies. */
async function sendTo(session: CDPSession, method: string, params: object) {
  const send = session.send.bind(session) as (method: string, params: object) => Promise<object | undefined>;
  return { ...(await send(method, params)) };
}

/** Playwright makes sessions for frames in processes of their own only, and says of none which frame it is. */
async function findFrame(page: Page, frameId: string): Promise<PageConnection | undefined> {
  for (const frame of page.frames().slice(1)) {
    const session = await page
      .context()
      .newCDPSession(frame)
      .catch(() => undefined);
    if (session === undefined) continue;
    const { frameTree } = await session.send("Page.getFrameTree");
    if (frameTree.frame.id === frameId) return attachTo(page, session);
    await session.detach();
  }
  return undefined;
}
