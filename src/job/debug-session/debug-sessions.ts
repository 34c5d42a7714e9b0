import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import type { HandedOutChromium } from "../../browser/handed-out/launch.ts";
import type { Browsers } from "../../browser/open-browsers.ts";
import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import type { Flow } from "../../flow.ts";
import { recordAudit } from "../../identity/audit.ts";
import type { Identity } from "../../identity/types.ts";
import type { Outcome } from "../../outcome.ts";
import type { Redactor } from "../../redact.ts";
import type { Secret } from "../../secret.ts";
import type { RunStore } from "../record/runs.ts";
import type { RunDeps } from "../run/run-context.ts";
import { runJob } from "../run-job.ts";
import { type Door, openDoor } from "./door.ts";
import { debugSessionFlow, debugSessionFlowName, type SessionEnd } from "./flow.ts";
import { recordSession } from "./record.ts";

/** More browsers than these would starve the runs. */
const mostSessions = 4;
/** What signing in, starting a browser and ending it may take beside the session's own time, in milliseconds. */
const aroundMs = 10 * 60_000;

export interface DebugSessionDeps
  extends Pick<
    RunDeps,
    "artifacts" | "catalogue" | "codes" | "codeTimeoutMs" | "identities" | "leases" | "log" | "loginTimeoutMs"
  > {
  database: Database;
  runs: RunStore;
  redactor: Redactor;
  browsers: () => Promise<Browsers>;
  /** Names this process in the record of runs. */
  worker: string;
  /** How long nobody may be connected, in milliseconds; a minute unless given. */
  idleMs?: number;
}

/** A browser to be driven over CDP, signed in. */
export interface DebugSession {
  id: string;
  identity: Identity;
  expiresAt: Date;
  token: Secret;
}

/** The debug sessions of this process. */
export interface DebugSessions extends AsyncDisposable {
  /**
   * Signs a browser in as the identity and holds it, and the identity, until the session is over.
   * @throws Failure `unknown_identity`, `identity_busy`, `too_many_requests`; of the login and the browser
   */
  open(request: {
    project: string;
    identityId: string;
    minutes: number;
    actor: string;
    /** Gives the opening up. */
    signal: AbortSignal;
  }): Promise<DebugSession>;
  /** Ends it; its browser is gone and its identity free when this resolves. @throws Failure `not_found` */
  end(project: string, id: string, options: { save: boolean }): Promise<SessionEnd["by"]>;
  /** @throws Failure `not_found`, `conflict` */
  assertOpenTo(id: string, token: string): void;
  enter(id: string, client: WebSocket): void;
}

interface Live {
  project: string;
  /** Undefined until there is something to hand out. */
  door: () => Door | undefined;
  /** Ends it, however far it has come. */
  stop: (by: SessionEnd["by"]) => void;
  done: Promise<Outcome>;
}

export function createDebugSessions(deps: DebugSessionDeps): DebugSessions {
  const { catalogue, database, identities, runs, worker, redactor, browsers } = deps;
  const sessions = new Map<string, Live>();
  let isClosed = false;

  const find = (id: string, project?: string): { door: Door; done: Promise<unknown> } => {
    const live = sessions.get(id);
    const door = live?.door();
    if (live === undefined || door === undefined || (project ?? live.project) !== live.project)
      throw new Failure("not_found", "There is no such debug session.");
    return { door, done: live.done };
  };

  const open: DebugSessions["open"] = async ({ project, identityId, minutes, actor, signal }) => {
    const identity = await identities.get(project, identityId);
    if (isClosed) throw new Failure("worker_stopping", "The service is stopping.");
    if (sessions.size >= mostSessions)
      throw new Failure("too_many_requests", `There are ${mostSessions} debug sessions open already.`);
    const id = randomUUID();
    const log = deps.log.child({ runId: id });
    const unwanted = new AbortController();
    const opened = Promise.withResolvers<Door>();
    let door: Door | undefined;
    const stop: Live["stop"] = (by) => {
      if (door !== undefined) door.end({ by, save: false });
      else unwanted.abort(new Failure("cancelled", "The debug session was given up while it was opened."));
    };

    const note = (action: "session.opened" | "session.closed") =>
      database.kysely
        .transaction()
        .execute((trx) =>
          recordAudit(trx, { project, actor: { name: actor, runId: id }, action, identityId: identity.id }),
        );
    const hold = async (chromium: HandedOutChromium, ended: AbortSignal): Promise<SessionEnd> => {
      await note("session.opened");
      const held = openDoor({ chromium, minutes, idleMs: deps.idleMs });
      redactor.add(held.token);
      door = held;
      opened.resolve(held);
      const lost = AbortSignal.any([ended, chromium.lost]);
      const onLost = () => held.end({ by: "cancelled", save: false });
      lost.addEventListener("abort", onLost, { once: true });
      if (lost.aborted) onLost();
      const end = await held.over;
      await note("session.closed").catch((err: unknown) =>
        log.warn({ err }, "the audit entry was not written"),
      );
      lost.throwIfAborted();
      return end;
    };
    const flow = debugSessionFlow({
      identities,
      site: catalogue.siteFor(identity.sourceUrl),
      log,
      hold,
      launch: async () =>
        (await browsers()).launchHandedOut({ proxyServer: identity.proxyServer ?? undefined }),
    });
    const job = {
      project,
      flow: debugSessionFlowName,
      identityId: identity.id,
      deadlineMs: minutes * 60_000 + aroundMs,
    };
    const work = async (tools: Pick<RunDeps, "emit" | "markWaiting">): Promise<Outcome> => {
      const { openSession } = await browsers();
      // A run that is cancelled does not wait for its flow; what the flow opened must be gone with it all the same.
      let working: Promise<unknown> | undefined;
      const tracked: Flow = { ...flow, run: (context) => (working = flow.run(context)) };
      const own = { ...catalogue, flow: () => tracked };
      const whenBusy = "fail" as const;
      const run = { ...deps, ...tools, catalogue: own, openSession, log, actor, whenBusy };
      const outcome = await runJob(job, id, { ...run, runDeadlineMs: job.deadlineMs }, unwanted.signal);
      await working?.catch(() => undefined);
      return outcome;
    };
    const done = recordSession(
      { database, runs, worker, log },
      { id, job, onCancelled: () => stop("cancelled"), work },
    ).finally(() => sessions.delete(id));
    sessions.set(id, { project, door: () => door, stop, done });

    using waiting = new DisposableStack();
    const onGone = () => stop("cancelled");
    signal.addEventListener("abort", onGone, { once: true });
    waiting.defer(() => signal.removeEventListener("abort", onGone));
    if (signal.aborted) onGone();
    const { expiresAt, token } = await Promise.race([opened.promise, done.then(failureOf)]);
    return { id, identity, expiresAt, token };
  };

  const close = async () => {
    isClosed = true;
    const open = [...sessions.values()];
    for (const live of open) live.stop("service stopped");
    await Promise.allSettled(open.map(({ done }) => done));
  };

  return {
    open,
    async end(project, id, { save }) {
      const { door, done } = find(id, project);
      door.end({ by: "client", save });
      await done;
      return (await door.over).by;
    },
    assertOpenTo: (id, token) => find(id).door.assertOpenTo(token),
    enter: (id, client) => find(id).door.enter(client),
    [Symbol.asyncDispose]: close,
  };
}

/** Why there is nothing to hand out. */
function failureOf(outcome: Outcome): never {
  if (outcome.status === "succeeded") throw new Failure("cancelled", "The session ended before it began.");
  const { code, message, retryable, retryAfterMs } = outcome;
  throw new Failure(code, message, { retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
