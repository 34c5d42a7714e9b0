import type { Database } from "../../database/open.ts";
import type { WaitingForCode } from "../../events.ts";
import { Failure, type FailureCode } from "../../failure.ts";
import type { ConnectTokens } from "../../identity/connect-tokens.ts";
import type { ConnectVisit, ConnectVisits } from "../../identity/connect-visits.ts";
import type { Identities } from "../../identity/identities.ts";
import type { Logger } from "../../log.ts";
import { checkHealthFlowName } from "../catalogue/check-health-flow.ts";
import { readRunEvents } from "../record/run-events.ts";
import type { Run, RunStore } from "../record/runs.ts";
import type { HalfMade } from "./half-made.ts";
import { type ConnectStep, stepsOf } from "./progress.ts";

/** Passwords tried with one token: below what sites lock accounts after. */
export const mostAttempts = 5;

/** Why the site, or something before it, did not let the visitor in. */
export interface Refusal {
  code: FailureCode;
  /** The site's own words, without the visitor's secrets. */
  siteMessage?: string;
}

/** Where a visit stands. */
export type VisitState =
  /** Credentials are to be given; `refusal` tells of those given before. */
  | {
      name: "open";
      refusal?: Refusal;
      attemptsLeft: number;
      /** Somebody said to be signed in by hand, and a fresh look saw otherwise. */
      isNotSignedIn?: true;
    }
  | { name: "progress"; steps: ConnectStep[] }
  | { name: "code"; waiting: WaitingForCode; isAskedAgain: boolean; canTakeKey: boolean }
  | { name: "done"; identityId: string }
  | { name: "cancelled" }
  /** Somebody else connected an account with the token, or it is too late. */
  | { name: "used" }
  | { name: "expired" };

/** Tells where a visit stands, by its rows and its run; what has come to its end is ended here. */
export function createVisitStates({
  database,
  identities,
  tokens,
  visits,
  runs,
  halfMade,
  log,
}: {
  database: Database;
  identities: Pick<Identities, "setStatus">;
  tokens: Pick<ConnectTokens, "get">;
  visits: Pick<ConnectVisits, "succeed">;
  runs: Pick<RunStore, "get">;
  halfMade: Pick<HalfMade, "remove">;
  log: Logger;
}): (visit: ConnectVisit) => Promise<VisitState> {
  /** A run under way may end after the token's time: whoever began in time is not turned away at the door. */
  async function stateOf(visit: ConnectVisit): Promise<VisitState> {
    const { token } = visit;
    if (visit.result === "cancelled") return { name: "cancelled" };
    if (visit.result === "success")
      return visit.identityId === null ? { name: "used" } : { name: "done", identityId: visit.identityId };
    if (token.state === "used") {
      await halfMade.remove(visit);
      return { name: "used" };
    }
    const run = visit.runId === null ? undefined : await findRun(visit);
    if (run !== undefined && run.endedAt === null) return await stateOfRun(visit, run);
    const isNotSignedIn = run !== undefined && saysNotSignedIn(run);
    if (run?.outcome?.status === "succeeded" && !isNotSignedIn) return await succeed(visit, run);
    if (token.state === "expired") {
      await halfMade.remove(visit);
      return { name: "expired" };
    }
    const attemptsLeft = Math.max(0, mostAttempts - token.attempts);
    if (run?.outcome?.status !== "failed")
      return { name: "open", attemptsLeft, ...(isNotSignedIn ? { isNotSignedIn } : {}) };
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
      return { name: "progress", steps: stepsOf(events, { isLook: run.flow === checkHealthFlowName }) };
    return {
      name: "code",
      waiting,
      isAskedAgain: received > 0,
      canTakeKey: waiting.channel === "unknown" && waiting.expects !== "link" && visit.token.state === "good",
    };
  }

  async function succeed(visit: ConnectVisit, run: Run): Promise<VisitState> {
    const { identityId } = visit;
    if (identityId === null) return { name: "used" };
    // A login notes it itself; a look at somebody's own is what proves them.
    if (run.flow === checkHealthFlowName) await identities.setStatus(identityId, "validated", null);
    if (await visits.succeed(visit)) {
      const { project, applicationId: application } = visit.token;
      log.info({ visit: visit.id, project, application, identity: identityId }, "an account was connected");
      return { name: "done", identityId };
    }
    // Twice at once: the other request may have been this visit's own.
    const { state } = (await tokens.get(visit.token.id)) ?? { state: "used" };
    const row = await database.kysely
      .selectFrom("connect_visits")
      .select("result")
      .where("id", "=", visit.id)
      .executeTakeFirst();
    if (row?.result === "success") return { name: "done", identityId };
    await halfMade.remove(visit);
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

  return stateOf;
}

/** What a look came to where the state signs nobody in. */
function saysNotSignedIn({ flow, outcome }: Run): boolean {
  if (flow !== checkHealthFlowName || outcome?.status !== "succeeded") return false;
  const { result } = outcome;
  return !(typeof result === "object" && result !== null && "signedIn" in result && result.signedIn === true);
}
