import type { Logger } from "../log.ts";
import { type BlankSession, openBlank } from "./blank-session.ts";
import type { Provider } from "./providers/provider.ts";

/**
 * One blank session made ahead of the run that will use it. Opening a page is the dearest part of a short run, and
 * needs nothing of the run's own. A spare is used once, as any session; nobody was in it before.
 */
export interface SpareSession extends AsyncDisposable {
  /** From now on there is to be a spare; resolves when the first one is there, or could not be made. */
  start(): Promise<void>;
  /** Makes one in the background, unless there is one, or none is wanted. */
  prepare(): void;
  /** The spare, if there is one and its browser lives. It is the caller's to close. */
  take(): Promise<BlankSession | undefined>;
}

export function createSpareSession({ provider, log }: { provider: Provider; log: Logger }): SpareSession {
  const closing = new AbortController();
  let wanted = false;
  let spare: Promise<BlankSession | undefined> | undefined;

  const take: SpareSession["take"] = async () => {
    const taken = spare;
    spare = undefined;
    const blank = await taken;
    if (blank === undefined || (!blank.lent.lost.aborted && !blank.crashed.aborted)) return blank;
    await blank.lent.close();
    return undefined;
  };

  return {
    async start() {
      wanted = true;
      this.prepare();
      await spare;
    },
    prepare() {
      if (!wanted || closing.signal.aborted) return;
      spare ??= openBlank(provider, { signal: closing.signal }, { cookies: [], origins: [] }).catch(
        (error: unknown) => {
          // Whoever wants a session next opens one, and is told why it cannot be had.
          if (!closing.signal.aborted) log.debug({ err: error }, "no spare session");
          return undefined;
        },
      );
    },
    take,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await (await take())?.lent.close();
    },
  };
}
