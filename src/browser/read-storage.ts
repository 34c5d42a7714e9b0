import type { BrowserContext, CDPSession, Frame, Page } from "playwright-core";
import { type CollectedStorage, type CollectLimits, collectStorage } from "./collect-storage.ts";
import { attempt } from "./waiting.ts";
import { webOrigin } from "./web-origin.ts";

/** One database of a signed-in site is a few records; caches for working offline are not worth carrying about. */
const limits: CollectLimits = { records: 5_000, characters: 4_000_000, databaseMs: 1_500 };
/** A page that hangs answers nothing. */
const targetMs = 2_500;

const worldName = "latchkey";

/**
 * The storage of every origin that has a frame in the page, main frame first. Read in a world of our own, where the
 * site's scripts neither see it nor can have replaced what it uses.
 */
export async function readPageStorage(context: BrowserContext, page: Page): Promise<CollectedStorage[]> {
  if (page.isClosed() || !page.frames().some((frame) => webOrigin(frame.url()) !== undefined)) return [];
  const collected: CollectedStorage[] = [];
  const origins = new Set<string>();
  const add = (storages: CollectedStorage[]) => {
    for (const storage of storages) {
      if (origins.has(storage.origin)) continue;
      origins.add(storage.origin);
      collected.push(storage);
    }
  };
  const startedAt = performance.now();
  add(await readTarget(context, page, origins));
  // A page that was just moving on is read where it has come to; one that hangs is not waited for twice.
  const main = webOrigin(page.mainFrame().url());
  const answered = performance.now() - startedAt < targetMs;
  if (main !== undefined && !origins.has(main) && answered) add(await readTarget(context, page, origins));

  // Frames of other sites live in processes of their own, each with its own connection.
  for (const frame of page.frames()) {
    const origin = webOrigin(frame.url());
    if (frame !== page.mainFrame() && origin !== undefined && !origins.has(origin))
      add(await readTarget(context, frame, origins));
  }
  return collected;
}

async function readTarget(
  context: BrowserContext,
  target: Page | Frame,
  known: ReadonlySet<string>,
): Promise<CollectedStorage[]> {
  const read = async () => {
    // A frame in its parent's process has no connection of its own: it has been read with its parent.
    const session = await context.newCDPSession(target);
    try {
      return await readFrames(session, known);
    } finally {
      // Nothing waits for it.
      void session.detach().catch(() => undefined);
    }
  };
  return (await attempt(targetMs, read)) ?? [];
}

async function readFrames(session: CDPSession, known: ReadonlySet<string>): Promise<CollectedStorage[]> {
  const { frameTree } = await session.send("Page.getFrameTree");
  const frameOf = new Map<string, string>();
  for (const { id, url } of flatten(frameTree)) {
    const origin = webOrigin(url);
    if (origin !== undefined && !known.has(origin) && !frameOf.has(origin)) frameOf.set(origin, id);
  }
  const read = await Promise.allSettled([...frameOf.values()].map((frameId) => readFrame(session, frameId)));
  return read.flatMap((frame) => (frame.status === "fulfilled" ? [frame.value] : []));
}

async function readFrame(session: CDPSession, frameId: string): Promise<CollectedStorage> {
  const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId, worldName });
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    contextId: executionContextId,
    expression: `(${collectStorage.toString()})(${JSON.stringify(limits)})`,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined) throw new Error("The storage could not be read.");
  return result.value;
}

interface FrameTree {
  frame: { id: string; url: string };
  childFrames?: FrameTree[];
}

function flatten({ frame, childFrames = [] }: FrameTree): { id: string; url: string }[] {
  return [frame, ...childFrames.flatMap(flatten)];
}
