import { randomUUID } from "node:crypto";
import type { ChromiumPool } from "../browser/handed-out/pool.ts";
import type { BrowserWatch } from "../browser/handed-out/watch.ts";
import type { VideoMaker } from "../browser/recording/video-maker.ts";
import { Failure, toFailure } from "../failure.ts";
import type { SitedIdentity } from "../identity/site-of.ts";
import type { SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import { limitsOf } from "./check-request.ts";
import { openDoor } from "./door.ts";
import { createEnding } from "./ending.ts";
import type { HoldDeps } from "./hold-identity.ts";
import { keepDownloads } from "./keep-downloads.ts";
import { recordSession } from "./record-session.ts";
import { captureNow, takeBrowser } from "./session-browser.ts";
import type { SessionFiles } from "./session-files.ts";
import { type SessionChange, type SessionStore, serverLease } from "./session-store.ts";
import { signEverybodyIn } from "./sign-everybody-in.ts";
import type { LiveSession, NewSession, SessionEnd, SessionRecord } from "./types.ts";

export interface StartDeps extends HoldDeps {
  store: SessionStore;
  files: SessionFiles;
  pool: () => Promise<ChromiumPool>;
  videos: () => Promise<VideoMaker>;
}

/** A session that was asked for, from its first moment to its last. */
export interface StartedSession {
  readonly id: string;
  readonly project: string;
  /** Resolves when it is handed out; rejects with what kept it from being. */
  readonly opened: Promise<void>;
  /** Resolves when nothing of it is left. Never rejects. */
  readonly done: Promise<void>;
  /** Undefined until its browser is there. */
  readonly live: LiveSession | undefined;
  /** Sees to it that what is downloaded completely is among the session's files. */
  collectDownloads(): Promise<void>;
  /** Ends it, however far it has come; the first reason stands. */
  stop(by: SessionEnd, options?: { saveState?: boolean }): void;
}

export interface StartRequest extends NewSession {
  identities: readonly SitedIdentity[];
  /** Of the profile it starts with. */
  profileState: SavedState | undefined;
  /** The session is over, its clients are out, and its browser is still there. */
  atEnd: (live: LiveSession) => Promise<void>;
}

/** What signing in and ending may take beside the session's own time, in milliseconds. */
const aroundMs = 10 * 60_000;

/** Starts a session: its record, a browser, everybody signed in, handed out until it is over, everything put away. */
export function startSession(deps: StartDeps, request: StartRequest): StartedSession {
  const id = randomUUID();
  const log = deps.log.child({ session: id });
  const { idleMs, maxMs } = limitsOf(request);
  const ending = createEnding();
  const opened = Promise.withResolvers<void>();
  const record = newRecord(id, request, maxMs);
  const recordChanges = createRecorder({ store: deps.store, id, log });
  const parts: { live?: LiveSession; downloads?: Promise<BrowserWatch>; endedBy?: SessionEnd } = {};
  let saveState = request.saveState;

  const stop: StartedSession["stop"] = (by, options) => {
    if (ending.by !== undefined) return;
    saveState = options?.saveState ?? saveState;
    ending.end(by);
  };

  const work = async (): Promise<void> => {
    await using resources = new AsyncDisposableStack();
    const [started, lease] = await allOf([
      deps.pool().then((pool) => takeBrowser(pool, request, resources)),
      deps.leases.acquire(serverLease(id)).then((taken) => resources.use(taken)),
      deps.store.add({ ...record, actor: request.actor }),
    ]);
    onAbort(lease.lost, () => stop("server lost"));
    onAbort(started.chromium.lost, () => stop("browser died"));

    const { endpoint, downloadsDir, uploadsDir } = started.chromium;
    const denied = request.downloads === "deny";
    const watching = keepDownloads({ ...deps, sessionId: id, chromium: started.chromium, denied, log });
    parts.downloads = watching;
    resources.defer(() => watching.then((watch) => watch[Symbol.asyncDispose]()).catch(() => undefined));
    const onLeft = () => void watching.then((watch) => watch.renew()).catch(() => undefined);
    const door = openDoor({
      endpoint,
      folders: { downloadsDir: denied ? undefined : downloadsDir, uploadsDir },
      idleMs,
      onLeft,
    });
    resources.defer(() => door.close());
    void door.alone.then(() => stop("idle"));
    const timer = setTimeout(() => stop("time limit"), maxMs);
    resources.defer(() => clearTimeout(timer));
    const live: LiveSession = {
      id,
      project: request.project,
      endpoint,
      uploadsDir,
      get isHandedOut() {
        return ending.wasHandedOut;
      },
      capture: () => captureNow(endpoint, log),
      hold: door.hold,
      enter: (client) => {
        if (door.isFull)
          throw new Failure("too_many_requests", "The session has all the clients it may have.");
        door.enter(client);
      },
      ending: ending.signal,
    };
    parts.live = live;

    void recordChanges({ status: "authenticating" });
    // Nobody can be expected to connect before it is handed out.
    const signingIn = door.hold();
    const held = await signEverybodyIn(deps, {
      ...request,
      started,
      ending,
      deadlineMs: maxMs + aroundMs,
      entries: record.identities,
      onChange: () => void recordChanges({ identities: record.identities }),
      savesState: (identity) => saveState ?? identity.saveSessions,
      onCancelled: () => stop("cancelled"),
    });
    await watching;
    ending.throwIfOver();
    // From here on: who signs in is in no video.
    if (record.recording) resources.use(recordSession({ ...deps, sessionId: id, endpoint, log }));
    ending.handOut();
    await recordChanges({ status: "running", startedAt: new Date() });
    opened.resolve();
    signingIn[Symbol.dispose]();
    log.info({ identities: held.length }, "session handed out");

    const by = await ending.over;
    await door.close();
    void recordChanges({ status: "ending" });
    const outcomes = await allOf(held.map(({ done }) => done));
    if (!started.chromium.lost.aborted) await request.atEnd(live);
    parts.endedBy = by;
    log.info({ by, outcomes: outcomes.map(({ status }) => status) }, "session over");
  };

  const onGone = () => stop("cancelled");
  request.signal.addEventListener("abort", onGone, { once: true });
  if (request.signal.aborted) onGone();
  void opened.promise
    .catch(() => undefined)
    .finally(() => request.signal.removeEventListener("abort", onGone));

  const run = async (): Promise<void> => {
    try {
      await work();
      await recordChanges({ status: "ended", endedAt: new Date(), endedBy: parts.endedBy ?? "client" });
    } catch (error) {
      const failure = toFailure(error);
      log.warn({ err: failure, code: failure.code }, "session failed");
      stop("cancelled");
      await recordChanges({
        status: ending.wasHandedOut ? "ended" : "failed",
        endedAt: new Date(),
        endedBy: ending.by ?? null,
        code: failure.code,
        identities: record.identities,
      });
      opened.reject(failure);
    }
  };
  return {
    id,
    project: request.project,
    opened: opened.promise,
    done: run(),
    get live() {
      return parts.live;
    },
    async collectDownloads() {
      await (await parts.downloads)?.collect();
    },
    stop,
  };
}

function newRecord(id: string, request: StartRequest, maxMs: number): SessionRecord {
  const createdAt = new Date();
  return {
    id,
    project: request.project,
    status: "starting",
    identities: request.identities.map((identity, index) => ({
      id: identity.id,
      status: "pending",
      // The run of a session with one identity is found by the session's id.
      runId: index === 0 ? id : randomUUID(),
    })),
    tags: [...(request.tags ?? [])],
    configuration: request.configuration ?? {},
    recording: request.recording ?? false,
    createdAt,
    startedAt: null,
    endedAt: null,
    endedBy: null,
    code: null,
    expiresAt: new Date(createdAt.getTime() + maxMs),
  };
}

/** Writes changes of the record one after another; the result resolves when this one is written, or could not be. */
function createRecorder({ store, id, log }: { store: SessionStore; id: string; log: Logger }) {
  let last = Promise.resolve();
  return (change: SessionChange): Promise<void> => {
    last = last
      .then(() => store.change(id, change))
      .catch((error: unknown) => log.warn({ err: error }, "the session's record was not written"));
    return last;
  };
}

/** As Promise.all, but waits for all of them when one fails: what they open has to be closed. */
async function allOf<T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

function onAbort(signal: AbortSignal, work: () => void): void {
  if (signal.aborted) work();
  else signal.addEventListener("abort", work, { once: true });
}
