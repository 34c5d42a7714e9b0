import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../database/open.ts";
import { Failure } from "../failure.ts";
import type { SessionStore } from "./session-store.ts";
import type { SessionRecord } from "./types.ts";

const channel = "latchkey_session_end";

/** How long the server that holds a session is given to end it, in milliseconds. */
const longestMs = 30_000;
const lookEveryMs = 100;

interface Wish {
  id: string;
  saveState?: boolean;
}

/** Tells of sessions that somebody wants ended who does not hold them: another server, or the command line. */
export function onEndWanted(
  database: Pick<Database, "listen">,
  end: (wish: Wish) => void,
): Promise<AsyncDisposable> {
  // Whatever is heard was said by one of us: nobody else is at this database.
  return database.listen(channel, (text) => end(JSON.parse(text) as Wish));
}

/**
 * Ends a session that another process holds.
 * @throws Failure `not_found`; `conflict` where nobody has ended it in time
 */
export async function endElsewhere(
  { database, store }: { database: Pick<Database, "notify">; store: SessionStore },
  { project, ...wish }: Wish & { project: string },
): Promise<SessionRecord> {
  await store.endLost();
  await database.notify(channel, JSON.stringify(wish));
  for (const until = performance.now() + longestMs; performance.now() < until; ) {
    const record = await store.get(project, wish.id);
    if (record.endedAt !== null) return record;
    await sleep(lookEveryMs);
  }
  throw new Failure("conflict", "The server that holds the session has not ended it yet: look again later.");
}
