import type { LivePages, PageConnection } from "./connection.ts";

/** Which of the pages is looked at, and the connection to it. */
export interface FollowedPage {
  id: string;
  connection: PageConnection;
}

export interface FollowOptions {
  pages: LivePages;
  /** Another page is looked at from now on; undefined where there is none. What it returns is waited for. */
  onPage(page: FollowedPage | undefined): Promise<void>;
}

/** Keeps looking at the page that matters: the newest to open; when that closes, the one before. */
export interface Follower {
  /** Looks at another page, until one opens or this one closes. */
  choose(pageId: string): Promise<void>;
  /** The page looked at went behind another: looks for that one. */
  lookForVisible(): Promise<void>;
  close(): Promise<void>;
}

/** Begins with the page that is in front, and goes on with each that opens: a login's pop-up, a link's new tab. */
export async function followPages({ pages, onPage }: FollowOptions): Promise<Follower> {
  let followed: FollowedPage | undefined;
  let known = new Set(pages.list().map(({ id }) => id));
  /** Looked at so far, the latest last. */
  let visited: string[] = [];
  let isClosed = false;
  // One change at a time, in their order.
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };

  const follow = async (id: string | undefined): Promise<void> => {
    if (isClosed || (id !== undefined && id === followed?.id)) return;
    const before = followed;
    followed = undefined;
    await before?.connection.close();
    // A page that closed between being listed and now is passed over: its closing is a change too.
    const connection = id === undefined ? undefined : await pages.attach(id).catch(() => undefined);
    if (id !== undefined && connection !== undefined) {
      followed = { id, connection };
      visited = [...visited.filter((other) => other !== id), id];
    }
    await onPage(followed);
  };

  const onChange = async (): Promise<void> => {
    const ids = pages.list().map(({ id }) => id);
    const opened = ids.filter((id) => !known.has(id));
    known = new Set(ids);
    visited = visited.filter((id) => known.has(id));
    const newest = opened.at(-1);
    if (newest !== undefined) await follow(newest);
    else if (followed === undefined ? ids.length > 0 : !known.has(followed.id))
      await follow(visited.at(-1) ?? ids.at(-1));
  };

  // What fails here is a page that went away meanwhile, and its going is a change too.
  const listening = pages.onChange(() => void inTurn(onChange).catch(() => undefined));
  await inTurn(async () => follow((await visiblePage(pages)) ?? pages.list().at(-1)?.id));

  return {
    choose: (pageId) => inTurn(() => (known.has(pageId) ? follow(pageId) : Promise.resolve())),
    lookForVisible: () =>
      inTurn(async () => {
        const visible = await visiblePage(pages, followed?.id);
        if (visible !== undefined) await follow(visible);
      }),
    async close() {
      listening[Symbol.dispose]();
      isClosed = true;
      await turn;
      await followed?.connection.close();
      followed = undefined;
    },
  };
}

/** The newest page in front of its window; headless ones may all be. Blank ones count only where there is no other. */
async function visiblePage(pages: LivePages, except?: string): Promise<string | undefined> {
  const candidates = pages.list().filter(({ id, crashed }) => id !== except && !crashed);
  const isBlank = (url: string) => url === "" || url === "about:blank";
  const ordered = [
    ...candidates.filter(({ url }) => isBlank(url)),
    ...candidates.filter(({ url }) => !isBlank(url)),
  ].toReversed();
  for (const { id } of ordered) if (await isVisible(pages, id)) return id;
  return undefined;
}

/** How long a page may take to say whether it is in front, in milliseconds: one with a dialog open says nothing. */
const answerMs = 500;

async function isVisible(pages: LivePages, id: string): Promise<boolean> {
  const connection = await pages.attach(id).catch(() => undefined);
  if (connection === undefined) return false;
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), answerMs);
  try {
    const asked = connection.send("Runtime.evaluate", {
      expression: "document.visibilityState === 'visible'",
      returnByValue: true,
    });
    const answer = await Promise.race([asked, late.promise]);
    return answer !== false && isRecord(answer["result"]) && answer["result"]["value"] === true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    await connection.close();
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
