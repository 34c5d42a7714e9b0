import type { OpenSession, Session } from "../../browser/session.ts";
import type { Lease, Leases } from "../../identity/leases/leases.ts";

/**
 * One signed-in session that outlives the runs it serves, and the identity's lease with it: between two runs nobody
 * else gets the identity. Closing it gives both back.
 */
export interface KeptSession extends AsyncDisposable {
  /** For a run's parts: opens what is kept on a fresh page, or a new session where nothing is. */
  openSession: OpenSession;
  leases: Pick<Leases, "acquire" | "tryAcquire">;
  /** The run's session has proved to be signed in: from now on it is worth keeping. */
  signedIn(): void;
}

/** @param leaseName the lease that goes with the session */
export function keepSession({
  openSession,
  leases,
  leaseName,
}: {
  openSession: OpenSession;
  leases: Pick<Leases, "acquire" | "tryAcquire">;
  leaseName: string;
}): KeptSession {
  const lent = new Set<Session>();
  let kept: Session | undefined;
  let isSignedIn = false;
  let lease: Lease | undefined;

  /** A login works in two sessions for a moment; the last one to be given back is the one to keep. */
  const giveBack = async (session: Session): Promise<void> => {
    lent.delete(session);
    if (isSignedIn && lent.size === 0 && kept === undefined && !session.lost.aborted) kept = session;
    else await session.close();
  };

  const lend = (session: Session): Session => {
    lent.add(session);
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= giveBack(session));
    return { ...session, close, [Symbol.asyncDispose]: close };
  };

  const renewKept: OpenSession = async (request) => {
    const session = kept;
    kept = undefined;
    if (session !== undefined) {
      try {
        if (!session.lost.aborted) return lend(await session.renew(request.state));
      } catch {
        // The window may have been closed meanwhile, the browser with it.
      }
      await session.close();
    }
    isSignedIn = false;
    return lend(await openSession(request));
  };

  const hold = (taken: Lease): Lease => {
    lease = taken;
    const stay = async () => {};
    return { ...taken, release: stay, [Symbol.asyncDispose]: stay };
  };
  const held = async (): Promise<Lease | undefined> => {
    if (lease === undefined || !lease.lost.aborted) return lease;
    await lease.release();
    lease = undefined;
    return undefined;
  };

  return {
    openSession: (request) => (lent.size > 0 ? openSession(request).then(lend) : renewKept(request)),
    leases: {
      async acquire(name, options) {
        if (name !== leaseName) return leases.acquire(name, options);
        return hold((await held()) ?? (await leases.acquire(name, options)));
      },
      async tryAcquire(name, slots) {
        if (name !== leaseName) return leases.tryAcquire(name, slots);
        const taken = (await held()) ?? (await leases.tryAcquire(name, slots));
        return taken === null ? null : hold(taken);
      },
    },
    signedIn() {
      isSignedIn = true;
    },
    async [Symbol.asyncDispose]() {
      await kept?.close();
      await lease?.release();
    },
  };
}
