import type { Database } from "../../database/open.ts";
import type { CodeOrigin, RunEvent, WaitingForCode } from "../../events.ts";
import { Failure, type FailureCode } from "../../failure.ts";
import { type ConnectToken, leadsTo } from "../../identity/connect/connect-tokens.ts";
import type { ConnectVisit, ConnectVisits } from "../../identity/connect/connect-visits.ts";
import type { HalfMadeIdentities } from "../../identity/connect/half-made.ts";
import type { Identities } from "../../identity/identities.ts";
import { checkHealthFlowName } from "../catalogue/check-health-flow.ts";
import { readRunEvents } from "../record/run-events.ts";
import type { Run, RunStore } from "../record/runs.ts";
import { type ConnectStep, stepsOf } from "./progress.ts";

/** Passwords tried with one token: below what sites lock accounts after. */
export const mostAttempts = 5;

/** Why the site, or something before it, did not let the visitor in. */
export interface Refusal {
  code: FailureCode;
  /** The site's own words, without the visitor's secrets. */
  siteMessage?: string;
  /** Where the code came from that the site refused. */
  codeOf?: CodeOrigin;
}

/** Where a visit stands. */
export type VisitState =
  /** The recovery code that came with the link is to be given. */
  | { name: "recovery code"; triesLeft: number }
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
  | { name: "expired" }
  /** Too many wrong recovery codes were given. */
  | { name: "void" }
  /** The identity that was to be signed in again was removed, or switched off. */
  | { name: "gone" }
  | { name: "inactive" }
  /** It belongs to another application than the link is for. */
  | { name: "moved" }
  /** It was given other credentials while the visitor gave theirs. */
  | { name: "outdated" };

/** Tells where a visit stands, by its rows and its run; what has come to its end is ended here. */
export function createVisitStates({
  database,
  identities,
  visits,
  runs,
  halfMade,
}: {
  database: Database;
  identities: Pick<Identities, "get">;
  visits: Pick<ConnectVisits, "outdate">;
  runs: Pick<RunStore, "get">;
  halfMade: Pick<HalfMadeIdentities, "finish" | "remove">;
}): (visit: ConnectVisit) => Promise<VisitState> {
  /** A run under way may end after the token's time: whoever began in time is not turned away at the door. */
  async function stateOf(visit: ConnectVisit): Promise<VisitState> {
    const { token } = visit;
    if (visit.result === "cancelled" || visit.result === "outdated") return { name: visit.result };
    if (visit.result === "success")
      return visit.identityId === null ? { name: "used" } : { name: "done", identityId: visit.identityId };
    if (token.state === "used") {
      await halfMade.remove(visit);
      return { name: "used" };
    }
    if (token.codeTriesLeft !== null && !visit.codeGiven) return beforeCode(token.state, token.codeTriesLeft);
    const missing = token.identityId === null ? undefined : await missingOf(visit);
    if (missing !== undefined) {
      await halfMade.remove(visit);
      return { name: missing };
    }
    const run = visit.runId === null ? undefined : await findRun(visit);
    if (run !== undefined && run.endedAt === null) return await stateOfRun(visit, run);
    // Another request is about to make it.
    if (run === undefined && visit.runId !== null && visit.isRunNew)
      return { name: "progress", steps: stepsOf([]) };
    const isNotSignedIn = run !== undefined && saysNotSignedIn(run);
    // Where nobody looked for so long that it was swept, it is to be done again.
    if (run?.outcome?.status === "succeeded" && !isNotSignedIn && visit.identityId !== null)
      return await succeed(visit, run);
    if (token.state === "expired") {
      await halfMade.remove(visit);
      return { name: "expired" };
    }
    const attemptsLeft = Math.max(0, mostAttempts - token.attempts);
    if (run === undefined || run.outcome?.status !== "failed")
      return { name: "open", attemptsLeft, ...(isNotSignedIn ? { isNotSignedIn } : {}) };
    const { code, evidence } = run.outcome;
    return {
      name: "open",
      attemptsLeft,
      refusal: {
        code,
        ...(evidence.siteMessage === undefined ? {} : { siteMessage: evidence.siteMessage }),
        ...(code === "invalid_one_time_code" ? await refusedCodeOf(run) : {}),
      },
    };
  }

  async function loginOf({ id }: Run): Promise<Extract<RunEvent, { type: "login" }> | undefined> {
    const events = (await readRunEvents(database.kysely, id)).map(({ event }) => event);
    return events.findLast((event) => event.type === "login");
  }

  async function refusedCodeOf(run: Run): Promise<Pick<Refusal, "codeOf">> {
    const { codeOf } = (await loginOf(run)) ?? {};
    return codeOf === undefined ? {} : { codeOf };
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
    const { submits } = (await loginOf(run)) ?? {};
    const finished = await halfMade.finish(visit, { isPasswordProved: (submits?.password ?? 0) > 0 });
    if (finished.end === "done") return { name: "done", identityId: finished.identityId };
    await halfMade.remove(visit);
    if (finished.end === "outdated") await visits.outdate(visit.id);
    return { name: finished.end };
  }

  /** Why the identity that the visit is for cannot be signed in; undefined where it can. */
  async function missingOf({ token }: ConnectVisit): Promise<"gone" | "moved" | "inactive" | undefined> {
    try {
      const { state, applicationId } = await identities.get(token.project, token.identityId ?? "");
      if (!leadsTo(token, { applicationId })) return "moved";
      return state === "inactive" ? state : undefined;
    } catch (error) {
      if (error instanceof Failure && error.code === "unknown_identity") return "gone";
      throw error;
    }
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

function beforeCode(state: ConnectToken["state"], triesLeft: number): VisitState {
  if (state === "expired") return { name: state };
  return triesLeft === 0 ? { name: "void" } : { name: "recovery code", triesLeft };
}

/** What a look came to where the state signs nobody in. */
function saysNotSignedIn({ flow, outcome }: Run): boolean {
  if (flow !== checkHealthFlowName || outcome?.status !== "succeeded") return false;
  const { result } = outcome;
  return !(typeof result === "object" && result !== null && "signedIn" in result && result.signedIn === true);
}
