import { randomUUID } from "node:crypto";
import type { Database } from "../../database/open.ts";
import type { WaitingForCode } from "../../events.ts";
import { Failure, type FailureCode } from "../../failure.ts";
import type { CodeInbox } from "../../identity/code-inbox.ts";
import type { ConnectTokens } from "../../identity/connect-tokens.ts";
import type { ConnectVisit, ConnectVisits } from "../../identity/connect-visits.ts";
import type { Identities } from "../../identity/identities.ts";
import type { CredentialType, NewCredential } from "../../identity/types.ts";
import type { Secret } from "../../secret.ts";
import { cancelRun } from "../cancel.ts";
import { validateFlowName } from "../catalogue/validate-flow.ts";
import { handInCode } from "../hand-in-code.ts";
import type { RunQueue } from "../queue/queue.ts";
import { awaitEnd } from "../record/await-end.ts";
import { readRunEvents } from "../record/run-events.ts";
import type { Run, RunStore } from "../record/runs.ts";
import type { Submitter } from "../submitter.ts";
import { type ConnectStep, stepsOf } from "./progress.ts";

/** Why the site, or something before it, did not let the visitor in. */
export interface Refusal {
  code: FailureCode;
  /** The site's own words, without the visitor's secrets. */
  siteMessage?: string;
}

/** Where a visit stands. */
export type VisitState =
  /** Credentials are to be given; `refusal` tells of those given before. */
  | { name: "open"; refusal?: Refusal; attemptsLeft: number }
  | { name: "progress"; steps: ConnectStep[] }
  | { name: "code"; waiting: WaitingForCode; isAskedAgain: boolean; canTakeKey: boolean }
  | { name: "done"; identityId: string }
  | { name: "cancelled" }
  /** Somebody else connected an account with the token, or it is too late. */
  | { name: "used" }
  | { name: "expired" };

export interface ConnectDeps {
  database: Database;
  identities: Identities;
  tokens: ConnectTokens;
  visits: ConnectVisits;
  runs: RunStore;
  queue: RunQueue;
  codes: CodeInbox;
  submitter: Submitter;
}

/** Where an account is connected. */
export interface ConnectSite {
  /** The application's. */
  url: string;
  /** The auth flow that asked for the credentials; null for the standard one. */
  flowId: string | null;
}

/** Connecting an account: a sign-in that somebody watches, gives what is missing to, and may give up. */
export interface Connect {
  stateOf(visit: ConnectVisit): Promise<VisitState>;
  /**
   * Signs in with the credentials, as an identity that is made now, or was made by an earlier try of the visit.
   * @throws Failure `invalid_argument`, `conflict` while another sign-in is under way, `too_many_requests` when the
   * token's tries are over
   */
  signIn(visit: ConnectVisit, site: ConnectSite, credentials: NewCredential[]): Promise<void>;
  /** Hands in the code that the site asked for. @throws Failure `conflict`, `invalid_argument`, `too_many_requests` */
  handIn(visit: ConnectVisit, code: Secret): Promise<void>;
  /**
   * Takes a TOTP set-up key in place of a code: signs in again with it, so that it is proved, and later logins need
   * nobody. @throws Failure `conflict`, `invalid_argument`, `too_many_requests`
   */
  useKey(visit: ConnectVisit, credential: NewCredential): Promise<void>;
  /** Gives the visit up; nothing is left of its identity. */
  cancel(visit: ConnectVisit): Promise<void>;
}

/** Passwords tried with one token: below what sites lock accounts after. */
export const mostAttempts = 5;
const mostCodes = 6;
/** How long somebody has for finding the code, in milliseconds. */
const codeTimeoutMs = 5 * 60_000;
const deadlineMs = 10 * 60_000;
/** How long a run that is to stop may take to, in milliseconds. */
const stopMs = 20_000;

export function createConnect(deps: ConnectDeps): Connect {
  const { database, identities, tokens, visits, runs } = deps;
  const actorOf = ({ id }: ConnectVisit) => ({ name: `connect:${id}` });

  /** A run under way may end after the token's time: whoever began in time is not turned away at the door. */
  async function stateOf(visit: ConnectVisit): Promise<VisitState> {
    const { token } = visit;
    if (visit.result === "cancelled") return { name: "cancelled" };
    if (visit.result === "success")
      return visit.identityId === null ? { name: "used" } : { name: "done", identityId: visit.identityId };
    if (token.state === "used") {
      await removeHalfMade(visit);
      return { name: "used" };
    }
    const run = visit.runId === null ? undefined : await findRun(visit);
    if (run !== undefined && run.endedAt === null) return await stateOfRun(visit, run);
    if (run?.outcome?.status === "succeeded") return await succeed(visit);
    if (token.state === "expired") {
      await removeHalfMade(visit);
      return { name: "expired" };
    }
    const attemptsLeft = Math.max(0, mostAttempts - token.attempts);
    if (run?.outcome?.status !== "failed") return { name: "open", attemptsLeft };
    const { code, evidence } = run.outcome;
    return {
      name: "open",
      attemptsLeft,
      refusal: { code, ...(evidence.siteMessage === undefined ? {} : { siteMessage: evidence.siteMessage }) },
    };
  }

  async function stateOfRun(visit: ConnectVisit, run: Run): Promise<VisitState> {
    const events = (await readRunEvents(database.kysely, run.id)).map(({ event }) => event);
    const received = events.filter(({ type }) => type === "code_received").length;
    const waiting = events.findLast(({ type }) => type === "waiting_for_code" || type === "code_received");
    // What was handed in is taken a moment later: nobody is asked for it twice.
    if (run.status !== "waiting_for_code" || waiting?.type !== "waiting_for_code" || visit.codes > received)
      return { name: "progress", steps: stepsOf(events) };
    return {
      name: "code",
      waiting,
      isAskedAgain: received > 0,
      canTakeKey: waiting.channel === "unknown" && waiting.expects !== "link" && visit.token.state === "good",
    };
  }

  async function succeed(visit: ConnectVisit): Promise<VisitState> {
    const { identityId } = visit;
    if (identityId === null) return { name: "used" };
    if (await visits.succeed(visit)) return { name: "done", identityId };
    // Twice at once: the other request may have been this visit's own.
    const { state } = (await tokens.get(visit.token.id)) ?? { state: "used" };
    const row = await database.kysely
      .selectFrom("connect_visits")
      .select("result")
      .where("id", "=", visit.id)
      .executeTakeFirst();
    if (row?.result === "success") return { name: "done", identityId };
    await removeHalfMade(visit);
    return { name: state === "used" ? "used" : "expired" };
  }

  async function findRun({ token, runId }: ConnectVisit): Promise<Run | undefined> {
    try {
      return await runs.get(token.project, runId ?? "");
    } catch (error) {
      if (error instanceof Failure && error.code === "not_found") return undefined;
      throw error;
    }
  }

  /** Never one that was there before the visit. */
  async function removeHalfMade(visit: ConnectVisit): Promise<void> {
    const { token, identityId } = visit;
    if (identityId === null || token.identityId !== null) return;
    await visits.change(visit.id, { identityId: null });
    await identities.remove(token.project, identityId, actorOf(visit)).catch(ignoreUnknown);
  }

  async function storeCredentials(
    visit: ConnectVisit,
    site: ConnectSite,
    credentials: NewCredential[],
  ): Promise<string> {
    const { token } = visit;
    const known = token.identityId ?? visit.identityId;
    if (known === null) {
      const { id } = await identities.create(
        token.project,
        {
          displayName: visit.userName,
          applicationId: token.applicationId,
          authFlowId: site.flowId,
          sourceUrl: site.url,
          credentials,
        },
        actorOf(visit),
      );
      await visits.change(visit.id, { identityId: id });
      return id;
    }
    const { credentials: held } = await identities.get(token.project, known);
    const given = new Set<CredentialType>(credentials.map(({ type }) => type));
    const removeCredentials = held.map(({ type }) => type).filter((type) => !given.has(type));
    await identities.update(token.project, known, { credentials, removeCredentials }, actorOf(visit));
    if (visit.identityId === null) await visits.change(visit.id, { identityId: known });
    return known;
  }

  async function submit(visit: ConnectVisit, identityId: string, runId: string): Promise<void> {
    const { project } = visit.token;
    const job = {
      project,
      flow: validateFlowName,
      identityId,
      runId,
      trace: false,
      codeTimeoutMs,
      deadlineMs,
    };
    await deps.submitter.submit({
      job: { ...job, tags: { from: "connect page" } },
      options: { attempts: 1 },
    });
  }

  return {
    stateOf,

    async signIn(visit, site, credentials) {
      const state = await stateOf(visit);
      if (state.name !== "open") throw new Failure("conflict", "A sign-in is under way, or has ended.");
      const runId = randomUUID();
      if (!(await visits.nextRun(visit, runId)))
        throw new Failure("conflict", "A sign-in is under way already.");
      try {
        // Counted before anything is tried: requests that come together count too.
        if (!(await tokens.countAttempt(visit.token.id, mostAttempts)))
          throw new Failure("too_many_requests", "There were too many tries with this link.");
        await submit(visit, await storeCredentials(visit, site, credentials), runId);
      } catch (error) {
        await visits.forgetRun(visit, runId);
        throw error;
      }
    },

    async handIn(visit, code) {
      const state = await stateOf(visit);
      if (state.name !== "code" || visit.runId === null)
        throw new Failure("conflict", "No code is waited for any more.");
      if (visit.codes >= mostCodes) throw new Failure("too_many_requests", "Too many codes were handed in.");
      const { token, runId } = visit;
      const actor = { ...actorOf(visit), runId };
      // Said before it is: the page that follows must not ask for it again.
      await visits.change(visit.id, { codes: visit.codes + 1 });
      try {
        await handInCode(deps, { project: token.project, runId, code, actor });
      } catch (error) {
        await visits.change(visit.id, { codes: visit.codes });
        throw error;
      }
    },

    async useKey(visit, credential) {
      const state = await stateOf(visit);
      const { token, runId, identityId } = visit;
      if (state.name !== "code" || runId === null || identityId === null)
        throw new Failure("conflict", "No code is waited for any more.");
      // The password is given to the site once more.
      if (!(await tokens.countAttempt(token.id, mostAttempts)))
        throw new Failure("too_many_requests", "There were too many tries with this link.");
      await cancelRun(deps, token.project, runId);
      await awaitEnd(database, runId, AbortSignal.timeout(stopMs));
      await identities.update(token.project, identityId, { credentials: [credential] }, actorOf(visit));
      const next = randomUUID();
      if (!(await visits.nextRun(visit, next)))
        throw new Failure("conflict", "A sign-in is under way already.");
      await submit(visit, identityId, next);
    },

    async cancel(visit) {
      if (visit.result === "success") return;
      await visits.change(visit.id, { result: "cancelled" });
      if (visit.runId !== null) {
        await cancelRun(deps, visit.token.project, visit.runId).catch(ignoreUnknown);
        // Its worker lets go of the identity first.
        await awaitEnd(database, visit.runId, AbortSignal.timeout(stopMs));
      }
      await removeHalfMade(visit);
    },
  };
}

function ignoreUnknown(error: unknown): void {
  const isGone =
    error instanceof Failure && (error.code === "unknown_identity" || error.code === "not_found");
  if (!isGone) throw error;
}
