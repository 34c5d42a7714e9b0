import { z } from "zod";
import type { LivePages, PageConnection, PageInfo } from "./connection.ts";
import { connectRaw, type RawConnection } from "./raw-connection.ts";

const infoSchema = z.object({
  targetInfo: z.object({ targetId: z.string(), type: z.string(), title: z.string(), url: z.string() }),
});
const allSchema = z.object({ targetInfos: z.array(infoSchema.shape.targetInfo) });
const goneSchema = z.object({ targetId: z.string() });
const attachedSchema = z.object({ sessionId: z.string() });

/**
 * All pages of a browser that somebody else drives, over a connection of our own.
 * @param endpoint `ws://…/devtools/browser/…`
 * @throws Error when the browser does not answer
 */
export async function openBrowserPages(endpoint: string): Promise<LivePages> {
  const connection = await connectRaw(endpoint);
  const pages = new Map<string, PageInfo>();
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };

  const refresh = async () => {
    const { targetInfos } = allSchema.parse(await connection.send("Target.getTargets"));
    let isOther = false;
    for (const { targetId, title, url } of targetInfos) {
      const page = pages.get(targetId);
      if (page === undefined || (page.title === title && page.url === url)) continue;
      pages.set(targetId, { ...page, title, url });
      isOther = true;
    }
    if (isOther) changed();
  };

  connection.onEvent(undefined, ({ method, params }) => {
    if (method === "Target.targetCreated" || method === "Target.targetInfoChanged") {
      const { targetInfo } = infoSchema.parse(params);
      const { targetId: id, title, url } = targetInfo;
      if (targetInfo.type !== "page" || url.startsWith("devtools://")) return;
      pages.set(id, { id, title, url, crashed: false });
      changed();
    } else if (method === "Target.targetDestroyed") {
      if (pages.delete(goneSchema.parse(params).targetId)) changed();
    } else if (method === "Target.targetCrashed") {
      const page = pages.get(goneSchema.parse(params).targetId);
      if (page === undefined) return;
      pages.set(page.id, { ...page, crashed: true });
      changed();
    }
  });
  try {
    // The pages there are come as events before the answer does.
    await connection.send("Target.setDiscoverTargets", { discover: true, filter: [{ type: "page" }] });
  } catch (error) {
    await connection.close();
    throw error;
  }

  return {
    // A browser that has gone says so otherwise.
    refresh: () => void refresh().catch(() => undefined),
    list: () => [...pages.values()],
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    attach: (pageId) => attachTo(connection, pageId),
    async closePage(pageId) {
      await connection.send("Target.closeTarget", { targetId: pageId });
    },
    ended: connection.ended,
    close: () => connection.close(),
  };
}

async function attachTo(connection: RawConnection, targetId: string): Promise<PageConnection> {
  const { sessionId } = attachedSchema.parse(
    await connection.send("Target.attachToTarget", { targetId, flatten: true }),
  );
  const frames = new Map<string, Promise<PageConnection | undefined>>();
  let closing: Promise<void> | undefined;
  const close = async () => {
    for (const frame of frames.values()) await (await frame)?.close();
    await connection.send("Target.detachFromTarget", { sessionId }).catch(() => undefined);
  };
  return {
    send: (method, params) => connection.send(method, params, sessionId),
    onEvent: (listener) => connection.onEvent(sessionId, listener),
    attachFrame(frameId) {
      // A frame in a process of its own is a target under the frame's own id.
      const attached = frames.get(frameId) ?? attachTo(connection, frameId).catch(() => undefined);
      frames.set(frameId, attached);
      return attached;
    },
    close: () => (closing ??= close()),
  };
}
