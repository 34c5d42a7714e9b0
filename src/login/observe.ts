import type { ElementHandle, Frame, JSHandle, Page } from "playwright-core";
import { observeFrameSource } from "./page/script.ts";
import { pause } from "./pause.ts";
import type { ActivitySnapshot, FrameSnapshot, PageSnapshot } from "./snapshot.ts";

/** A page that was looked at, and the elements its snapshot speaks of. Whoever observed it closes it. */
export interface Observed extends Disposable {
  snapshot: PageSnapshot;
  /** How long the look took, in milliseconds. */
  tookMs: number;
  /** Where a `ref` stands; nothing is asked of the browser yet. */
  target(ref: string): Target;
}

/** An element of an observed page. */
export interface Target {
  frame: Frame;
  /** The look at its frame, and which of the elements seen there it is. */
  look: JSHandle<{ elements: Element[] }>;
  index: number;
  /** Throws if the document is gone meanwhile. */
  element(): Promise<ElementHandle<Element>>;
}

interface Looked {
  frame: Frame;
  snapshot: FrameSnapshot;
  handle: JSHandle<{ snapshot: FrameSnapshot; elements: Element[] }>;
}

const mostFrames = 20;
/** A frame whose script hangs (a synchronous request, an endless loop) is left out rather than waited for. */
const frameTimeoutMs = 2_000;

/**
 * Looks at the page: all frames and open shadow roots, in one evaluation per frame, without changing anything.
 * Throws what Playwright throws when the main frame goes away meanwhile; look again then.
 */
export async function observe({
  page,
  activity,
}: {
  page: Page;
  activity: ActivitySnapshot;
}): Promise<Observed> {
  const startedAt = performance.now();
  const [main, ...others] = page.frames();
  if (main === undefined) throw new Error("the page has no frame");
  const [first, ...rest] = await Promise.all([
    lookAt(main, 0),
    ...others.slice(0, mostFrames).map((frame, at) => lookAt(frame, at + 1).catch(() => undefined)),
  ]);
  const looked = [first, ...rest].filter((look) => look !== undefined);
  const byIndex = new Map(looked.map((look) => [look.snapshot.index, look]));
  const lookOf = (ref: string) => {
    const look = byIndex.get(Number(ref.split(":")[0]));
    if (look === undefined) throw new Error("no such frame in the snapshot");
    return look;
  };
  return {
    snapshot: {
      url: first?.snapshot.url ?? "",
      title: first?.snapshot.title ?? "",
      frames: looked.map(({ snapshot }) => snapshot),
      activity,
    },
    tookMs: performance.now() - startedAt,
    target(ref) {
      const { frame, handle } = lookOf(ref);
      return targetAt({ frame, look: handle, index: Number(ref.split(":")[1]) });
    },
    [Symbol.dispose]() {
      // The browser forgets the elements in its own time: nobody waits for it.
      for (const { handle } of looked) handle.dispose().catch(() => {});
    },
  };
}

function targetAt({ frame, look, index }: Omit<Target, "element">): Target {
  let found: Promise<ElementHandle<Element>> | undefined;
  const find = async () => {
    const element = (await look.evaluateHandle(({ elements }, at) => elements[at], index)).asElement();
    if (element === null) throw new Error("no such element in the snapshot");
    return element as ElementHandle<Element>;
  };
  return { frame, look, index, element: () => (found ??= find()) };
}

/** The page's snapshot alone, for a judgement that touches nothing: one round trip per frame. Throws as `observe` does. */
export async function glance({
  page,
  activity,
}: {
  page: Page;
  activity: ActivitySnapshot;
}): Promise<PageSnapshot> {
  const [main, ...others] = page.frames();
  if (main === undefined) throw new Error("the page has no frame");
  const see = (frame: Frame, index: number) =>
    inTime(frame.evaluate<FrameSnapshot | undefined>(`(${observeFrame(index)})?.snapshot`));
  const [first, ...rest] = await Promise.all([
    see(main, 0),
    ...others.slice(0, mostFrames).map((frame, at) => see(frame, at + 1).catch(() => undefined)),
  ]);
  return {
    url: first?.url ?? "",
    title: first?.title ?? "",
    frames: [first, ...rest].filter((frame) => frame !== undefined),
    activity,
  };
}

function lookAt(frame: Frame, index: number): Promise<Looked | undefined> {
  return inTime(look(frame, index));
}

async function inTime<T>(looking: Promise<T>): Promise<T> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      looking,
      pause(frameTimeoutMs, stop.signal).then(() => {
        throw new Error("the frame did not answer");
      }),
    ]);
  } finally {
    stop.abort();
  }
}

/** A frame nobody can see has no size: nothing to look at. */
function observeFrame(index: number): string {
  return `${index} > 0 && (innerWidth < 80 || innerHeight < 30) ? undefined : ${observeFrameSource}(${index})`;
}

async function look(frame: Frame, index: number): Promise<Looked | undefined> {
  const handle: Looked["handle"] = await frame.evaluateHandle(observeFrame(index));
  const snapshot = await handle.evaluate((look) => look?.snapshot);
  if (snapshot === undefined) {
    await handle.dispose();
    return undefined;
  }
  return { frame, snapshot, handle };
}
