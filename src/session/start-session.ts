import { randomUUID } from "node:crypto";
import type { BrowserContext } from "playwright-core";
import { connectTo } from "../browser/handed-out/connect.ts";
import { addState, readContext } from "../browser/handed-out/default-context.ts";
import type { ChromiumPool, StartedChromium } from "../browser/handed-out/pool.ts";
import { usualShape } from "../browser/handed-out/pool.ts";
import { createSessionStorageRestorer } from "../browser/session-storage.ts";
import { Failure, toFailure } from "../failure.ts";
import type { Identity, SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import { limitsOf } from "./check-request.ts";
import { openDoor } from "./door.ts";
import { type HeldIdentity, type HoldDeps, holdIdentity } from "./hold-identity.ts";
import { type SessionChange, type SessionStore, serverLease } from "./session-store.ts";
import type { LiveSession, NewSession, SessionEnd, SessionIdentity, SessionRecord } from "./types.ts";

export interface StartDeps extends HoldDeps {
  store: SessionStore;
  pool: () => Promise<ChromiumPool>;
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
  /** Ends it, however far it has come; the first reason stands. */
  stop(by: SessionEnd, options?: { saveState?: boolean }): void;
}

export interface StartRequest extends NewSession {
  identities: readonly Identity[];
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
  const parts: { live?: LiveSession; endedBy?: SessionEnd } = {};
  let saveState = request.saveState;

  const stop: StartedSession["stop"] = (by, options) => {
    if (ending.by !== undefined) return;
    saveState = options?.saveState ?? saveState;
    ending.end(by);
  };

  const work = async (): Promise<void> => {
    await using resources = new AsyncDisposableStack();
    const taking = takeBrowser(deps, request);
    resources.defer(() => taking.then(({ chromium }) => chromium.close()).catch(() => undefined));
    const adding = deps.store.add({ ...record, actor: request.actor });
    const [lease, started] = await Promise.all([deps.leases.acquire(serverLease(id)), taking, adding]);
    resources.use(lease);
    onAbort(lease.lost, () => stop("server lost"));
    onAbort(started.chromium.lost, () => stop("browser died"));

    const { endpoint, downloadsDir, uploadsDir } = started.chromium;
    const door = openDoor({ endpoint, folders: { downloadsDir, uploadsDir }, idleMs });
    resources.defer(() => door.close());
    void door.alone.then(() => stop("idle"));
    const timer = setTimeout(() => stop("time limit"), maxMs);
    resources.defer(() => clearTimeout(timer));
    const live: LiveSession = {
      id,
      project: request.project,
      endpoint,
      uploadsDir,
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

    const held = await signEverybodyIn(started);
    ending.throwIfOver();
    await deps.store.change(id, { status: "running", startedAt: new Date() });
    ending.handOut();
    opened.resolve();
    log.info({ identities: held.length }, "session handed out");

    const by = await ending.over;
    await door.close();
    void recordChanges({ status: "ending" });
    const outcomes = await Promise.all(held.map(({ done }) => done));
    if (!started.chromium.lost.aborted) await request.atEnd(live);
    parts.endedBy = by;
    log.info({ by, outcomes: outcomes.map(({ status }) => status) }, "session over");
  };

  /** One after another: each may ask the person who waits for a code. */
  const signEverybodyIn = async (started: StartedChromium): Promise<HeldIdentity[]> => {
    const { context } = started.connection;
    const { profileState, identities, initialUrl } = request;
    let hasLeft = false;
    void recordChanges({ status: "authenticating" });
    const held: HeldIdentity[] = [];
    try {
      if (profileState !== undefined) await restoreProfile(context, { state: profileState, log });
      for (const [index, identity] of identities.entries()) {
        const entry = record.identities[index];
        if (entry === undefined) break;
        const mark = (change: Partial<SessionIdentity>) => {
          Object.assign(entry, change);
          void recordChanges({ identities: record.identities });
        };
        if (identities.length > 1) mark({ status: "authenticating" });
        const holding = holdIdentity(deps, {
          runId: entry.runId,
          identity,
          actor: request.actor,
          started,
          isAlone: identities.length === 1 && profileState === undefined,
          isShared: index > 0 || profileState !== undefined,
          trustsState: request.skipValidation === true,
          deadlineMs: maxMs + aroundMs,
          over: ending.over,
          hasLeft: () => hasLeft,
          savesState: () => saveState ?? identity.saveSessions,
          signal: ending.unwanted,
          onCancelled: () => stop("cancelled"),
        });
        held.push(holding);
        await holding.signedIn.catch((error: unknown) => {
          mark({ status: "failed", code: toFailure(error).code });
          throw error;
        });
        mark({ status: "authenticated" });
        // A run that ends before the session does has lost its identity.
        void holding.done.then(() => stop("cancelled"));
      }
      await openFirstPage(context, { initialUrl, log });
      return held;
    } catch (error) {
      stop("cancelled");
      await Promise.all(held.map(({ done }) => done));
      throw error;
    } finally {
      await started.connection[Symbol.asyncDispose]();
      hasLeft = true;
    }
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
    stop,
  };
}

/** How a session ends: before it is handed out its signing in is given up, after that whoever holds it is told. */
function createEnding() {
  const { promise: over, resolve } = Promise.withResolvers<SessionEnd>();
  const ended = new AbortController();
  const unwanted = new AbortController();
  let by: SessionEnd | undefined;
  let wasHandedOut = false;
  return {
    over,
    signal: ended.signal,
    unwanted: unwanted.signal,
    get by() {
      return by;
    },
    get wasHandedOut() {
      return wasHandedOut;
    },
    end(reason: SessionEnd) {
      by = reason;
      if (!wasHandedOut) unwanted.abort(givenUp(reason));
      resolve(reason);
      ended.abort();
    },
    handOut() {
      wasHandedOut = true;
    },
    throwIfOver() {
      if (by !== undefined) throw givenUp(by);
    },
  };
}

function givenUp(by: SessionEnd): Failure {
  if (by === "browser died")
    return new Failure("browser_crashed", "The browser died while it was signed in.");
  if (by === "service stopped") return new Failure("worker_stopping", "The service is stopping.");
  return new Failure("cancelled", "The session was given up while it was opened.");
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

async function takeBrowser(
  { pool }: StartDeps,
  { viewport, headed, proxy, identities }: StartRequest,
): Promise<StartedChromium> {
  const proxyServer = proxy?.server ?? identities[0]?.proxyServer ?? undefined;
  return await (await pool()).take({
    window: viewport ?? usualShape.window,
    ...(headed === true ? { headed } : {}),
    ...(proxyServer === undefined ? {} : { proxyServer }),
  });
}

/** The pages that are opened from now on have it. */
async function restoreProfile(
  context: BrowserContext,
  { state, log }: { state: SavedState; log: Logger },
): Promise<void> {
  await addState(context, { state, log });
  createSessionStorageRestorer({ context, saved: state.sessionStorage });
}

async function openFirstPage(
  context: BrowserContext,
  { initialUrl, log }: { initialUrl: string | undefined; log: Logger },
): Promise<void> {
  const page = context.pages()[0] ?? (await context.newPage());
  if (initialUrl === undefined) return;
  // The client sees for itself what became of it.
  await page.goto(initialUrl, { waitUntil: "domcontentloaded" }).catch((error: unknown) => {
    log.info({ err: error }, "the session's first page did not load");
  });
}

async function captureNow(endpoint: string, log: Logger): Promise<SavedState> {
  await using connection = await connectTo(endpoint);
  return await readContext(connection.context, { before: undefined, log });
}

function onAbort(signal: AbortSignal, work: () => void): void {
  if (signal.aborted) work();
  else signal.addEventListener("abort", work, { once: true });
}
