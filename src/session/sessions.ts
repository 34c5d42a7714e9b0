import { Failure } from "../failure.ts";
import { assertUsable, identitiesOf, limitsOf } from "./check-request.ts";
import { endElsewhere, onEndWanted } from "./end-anywhere.ts";
import type { Profiles } from "./profiles.ts";
import { type StartDeps, type StartedSession, startSession } from "./start-session.ts";
import type { LiveSession, NewSession, Sessions } from "./types.ts";

export interface SessionsOptions extends StartDeps {
  profiles: Profiles;
  /** Sessions at a time. */
  most: number;
}

/** How often sessions of servers that died are looked for, in milliseconds. */
const sweepEveryMs = 60_000;
/** How long after a session was handed out the browser for the next one is started, in milliseconds. */
const replenishAfterMs = 1_000;
/** When to come again where all places are taken, in milliseconds. */
const comeAgainMs = 30_000;

/** Hands browsers out. Closing it ends the sessions of this process. */
export async function openSessions({ profiles, most, ...deps }: SessionsOptions): Promise<Sessions> {
  const { store, files, log } = deps;
  const started = new Map<string, StartedSession>();
  let isClosed = false;
  let replenishing: NodeJS.Timeout | undefined;

  const sweep = () =>
    void store
      .endLost()
      .catch((error: unknown) => log.warn({ err: error }, "lost sessions could not be looked for"));
  sweep();
  const sweeping = setInterval(sweep, sweepEveryMs);
  sweeping.unref();

  const hearing = await onEndWanted(deps.database, ({ id, ...options }) => {
    started.get(id)?.stop("client", options);
  });

  const assertRoom = () => {
    if (isClosed) throw new Failure("worker_stopping", "The service is stopping.");
    if (started.size >= most)
      throw new Failure("too_many_requests", `There are ${most} sessions open already.`, {
        retryAfterMs: comeAgainMs,
      });
  };

  const keep = (session: StartedSession) => {
    started.set(session.id, session);
    void session.done.finally(() => started.delete(session.id));
  };

  // Not at once: while a client connects, the processors are its.
  const replenish = () => {
    clearTimeout(replenishing);
    replenishing = setTimeout(() => void deps.pool().then((pool) => pool.fill()), replenishAfterMs);
    replenishing.unref();
  };

  let closing: Promise<void> | undefined;
  const close = async () => {
    isClosed = true;
    clearInterval(sweeping);
    clearTimeout(replenishing);
    await hearing[Symbol.asyncDispose]();
    const open = [...started.values()];
    for (const session of open) session.stop("service stopped");
    await Promise.all(open.map(({ done }) => done));
  };

  return {
    async create(request) {
      assertUsable(request);
      limitsOf(request);
      assertRoom();
      const [identities, profileState] = await Promise.all([
        identitiesOf(deps.identities, request),
        loadProfile(profiles, request),
      ]);
      // Asked again: others may have come meanwhile.
      assertRoom();
      const session = startSession(deps, {
        ...request,
        identities,
        profileState,
        atEnd: (live) => saveProfiles(profiles, request, live),
      });
      keep(session);
      await session.opened;
      replenish();
      return await store.get(request.project, session.id);
    },

    get: (project, id) => store.get(project, id),
    list: (project, filter) => store.list(project, filter),

    async end(project, id, options) {
      const record = await store.get(project, id);
      const session = started.get(id);
      if (session === undefined) {
        if (record.endedAt !== null) return record;
        return await endElsewhere(deps, { project, id, ...options });
      }
      session.stop("client", options);
      await session.done;
      return await store.get(project, id);
    },

    async endAll(project) {
      const own = [...started.values()].filter((session) => session.project === project);
      for (const session of own) session.stop("client");
      await Promise.all(own.map(({ done }) => done));
      return own.length;
    },

    async live(project, id) {
      const session = started.get(id);
      if (session?.project === project && session.live !== undefined && !session.live.ending.aborted)
        return session.live;
      const record = await store.get(project, id);
      if (session !== undefined || record.endedAt !== null)
        throw new Failure("session_ended", "The session is over, or not begun.");
      throw elsewhere();
    },

    async files(project, id) {
      await store.get(project, id);
      await started.get(id)?.collectDownloads();
      return await files.list(id);
    },

    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

async function loadProfile(profiles: Profiles, { project, profile }: NewSession) {
  if (profile === undefined) return undefined;
  return (
    (await profiles.load(project, profile.name).catch((error: unknown) => {
      // A profile that is to be kept is made by its first session.
      if (profile.persist && error instanceof Failure && error.code === "not_found") return null;
      throw error;
    })) ?? undefined
  );
}

/** Writes the profiles that are to have what the browser holds at the end. */
async function saveProfiles(
  profiles: Profiles,
  { project, profile }: NewSession,
  live: LiveSession,
): Promise<void> {
  const names = await profiles.waitingFor(project, live.id);
  if (profile?.persist === true) names.push(profile.name);
  if (names.length === 0) return;
  const state = await live.capture();
  for (const name of names) await profiles.save(project, name, state);
}

function elsewhere(): Failure {
  return new Failure(
    "conflict",
    "Another server of the service holds the session: requests for it have to reach that one.",
  );
}
