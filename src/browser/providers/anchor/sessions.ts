import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../failure.ts";
import type { Logger } from "../../../log.ts";
import { within } from "../../waiting.ts";
import { type CreatedSession, readAuthStatus, readCreated } from "./answers.ts";
import type { AnchorClient } from "./client.ts";
import { findTagged } from "./find-tagged.ts";
import { inStep } from "./in-step.ts";
import { refusalOf } from "./refusal.ts";
import { type AnchorChoices, type NewAnchorSession, sessionBody } from "./session-body.ts";

/** Sessions at a server of Anchor's API. Whatever was created there is ended, also where the answer never came. */
export interface AnchorSessions extends AsyncDisposable {
  /**
   * Waits until it can be connected to, and is signed in as asked. `signal` gives up waiting: what is created after
   * that is ended in the background. What may stand in the way is awaited before a second try.
   * @throws StaleIdentity; Failure `unknown_identity`, `provider_quota`, `provider_refused`, `provider_unavailable`
   */
  create(asked: NewAnchorSession, signal: AbortSignal, inTheWay?: Promise<void>): Promise<CreatedSession>;
  /** Idempotent. Never throws: one that cannot be ended is tried for a while, and ends by its own time limit. */
  end(id: string): Promise<void>;
  /** Ends what an earlier attempt, whose worker was killed, has left under this tag. Never throws. */
  endLeft(tag: string): Promise<void>;
  /** Asks what the server says of the session's sign-in, for the log alone; in the background. */
  noteAuthStatus(id: string): void;
}

const shortMs = 10_000;
const endRetries = 5;
/** Of creations that typed no password. */
const createRetries = 1;
/** A session whose creation went unanswered may come to be a while later: looked for after so many milliseconds each. */
const doubtMs = [1_000, 3_000, 10_000, 30_000];
const closeMs = 5_000;

export function createAnchorSessions({
  client,
  choices,
  log,
}: {
  client: AnchorClient;
  choices: AnchorChoices;
  log: Logger;
}): AnchorSessions {
  const closing = new AbortController();
  /** Aborted before that: what would be looked for in a while is looked for now, for the last time. */
  const hurry = new AbortController();
  const ending = new Map<string, Promise<void>>();
  const background = new Set<Promise<unknown>>();
  /** Marks of the sessions that are ours now. */
  const current = new Set<string>();
  const marks = new Map<string, string>();

  const track = (work: Promise<unknown>) => {
    const settled = work.catch(() => {}).finally(() => background.delete(settled));
    background.add(settled);
  };

  const find = (tag: string) => inStep(() => findTagged(client, tag), { retries: 1 });

  /** Ends what carries the mark; how much that was. @throws Failure where nobody can tell */
  async function endMarked(mark: string): Promise<number> {
    const found = await find(mark);
    await Promise.all(found.map(({ id }) => end(id)));
    return found.length;
  }

  async function endLate(mark: string): Promise<void> {
    for (const ms of doubtMs) {
      await sleep(ms, undefined, { signal: hurry.signal, ref: false }).catch(() => {});
      const ended = await endMarked(mark).catch(() => 0);
      if (ended > 0 || hurry.signal.aborted) return;
    }
  }

  /** Nobody knows whether a session has come of it: it must not stay, and there must not be two. */
  async function settle(mark: string): Promise<void> {
    if ((await endMarked(mark)) === 0) track(endLate(mark));
  }

  async function ask(asked: NewAnchorSession, mark: string): Promise<CreatedSession> {
    const unsure = async (failure: Failure): Promise<Error> => {
      try {
        await settle(mark);
        return asked.identityIds.length > 0 ? new NotAgain(failure) : failure;
      } catch {
        track(endLate(mark));
        // Creating another one blindly could leave two: whoever tries the run again looks for this one first.
        return new NotAgain(failure);
      }
    };
    const answer = await client
      .send({
        method: "POST",
        path: "/v1/sessions",
        body: sessionBody({ ...asked, tags: [...asked.tags, mark] }, choices),
        purpose: "create a session",
        signal: closing.signal,
        limitMs: asked.maxMs,
      })
      .catch(async (error: unknown) => {
        throw error instanceof Failure ? await unsure(error) : error;
      });
    if (answer.status >= 200 && answer.status < 300) {
      const created = readCreated(answer.body);
      if (created !== undefined) return created;
      throw await unsure(
        new Failure("provider_unavailable", "The browser provider's answer names no session."),
      );
    }
    const refusal = refusalOf(answer, { about: asked.identityIds.length > 0 ? "identity" : "server" });
    throw answer.status >= 500 ? await unsure(refusal) : refusal;
  }

  async function create(
    asked: NewAnchorSession,
    signal: AbortSignal,
    inTheWay: Promise<void> | undefined,
  ): Promise<CreatedSession> {
    try {
      return await inStep(
        async (attempt) => {
          if (attempt > 1) await inTheWay;
          signal.throwIfAborted();
          const mark = `latchkey-${randomUUID()}`;
          current.add(mark);
          try {
            const created = await ask(asked, mark);
            marks.set(created.id, mark);
            if (!signal.aborted) return created;
            await end(created.id);
            throw signal.reason;
          } catch (error) {
            current.delete(mark);
            throw error;
          }
        },
        { retries: createRetries, signal },
      );
    } catch (error) {
      throw error instanceof NotAgain ? error.failure : error;
    }
  }

  async function endNow(id: string): Promise<void> {
    const path = `/v1/sessions/${encodeURIComponent(id)}`;
    try {
      await inStep(
        async () => {
          const answer = await client.send({
            method: "DELETE",
            path,
            purpose: "end a session",
            signal: AbortSignal.timeout(shortMs),
            limitMs: shortMs,
          });
          const { status } = answer;
          // 401 is also what a session that is not there is answered with: the key was good when it was made.
          if (status < 300 || status === 401 || status === 404 || status === 410) return;
          throw refusalOf(answer, { about: "session" });
        },
        { retries: endRetries },
      );
    } catch (error) {
      log.warn({ err: error }, "a session could not be ended at the browser provider; it ends by itself");
    }
  }

  async function endLeft(tag: string): Promise<void> {
    const found = await find(tag);
    const left = found.filter(({ tags }) => !tags.some((one) => current.has(one)));
    if (left.length > 0) log.info({ sessions: left.length }, "ending what an earlier attempt has left");
    await Promise.all(left.map(({ id }) => end(id)));
  }

  const end = (id: string): Promise<void> => {
    const before = ending.get(id);
    if (before !== undefined) return before;
    const work = endNow(id).finally(() => {
      ending.delete(id);
      const mark = marks.get(id);
      marks.delete(id);
      if (mark !== undefined) current.delete(mark);
    });
    ending.set(id, work);
    track(work);
    return work;
  };

  return {
    create(asked, signal, inTheWay) {
      const creating = create(asked, signal, inTheWay);
      track(creating);
      return creating;
    },
    end,
    endLeft(tag) {
      const work = endLeft(tag).catch((error: unknown) =>
        log.debug({ err: error }, "nobody could tell whether an earlier attempt has left a session"),
      );
      track(work);
      return work;
    },
    noteAuthStatus(id) {
      const path = `/v1/sessions/${encodeURIComponent(id)}/auth-status`;
      const work = async () => {
        const asked = { method: "GET", path, purpose: "read a sign-in's status" } as const;
        const { status, body } = await client.send({ ...asked, signal: hurry.signal, limitMs: shortMs });
        if (status === 200)
          log.debug({ signIn: readAuthStatus(body) }, "what the provider says of the sign-in");
      };
      track(work());
    },
    async [Symbol.asyncDispose]() {
      hurry.abort();
      await within(closeMs, untilEmpty(background));
      closing.abort(new Failure("provider_unavailable", "The browser provider is closed."));
      await within(closeMs, untilEmpty(background));
    },
  };
}

/** What is being done may lead to more that is to be done. */
async function untilEmpty(works: ReadonlySet<Promise<unknown>>): Promise<void> {
  while (works.size > 0) await Promise.all(works);
}

/** Trying again within the step could leave a session behind, or type a password that the site has just refused. */
class NotAgain extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super("nobody knows whether the session was created");
    this.failure = failure;
  }
}
