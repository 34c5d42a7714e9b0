import { randomUUID } from "node:crypto";
import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import type { ConnectTokens } from "../../identity/connect/connect-tokens.ts";
import { type ConnectVisit, type ConnectVisits, visitActor } from "../../identity/connect/connect-visits.ts";
import type { HalfMadeIdentities } from "../../identity/connect/half-made.ts";
import type { CodeInbox } from "../../identity/credentials/code-inbox.ts";
import type { Identities } from "../../identity/identities.ts";
import type { Leases } from "../../identity/leases/leases.ts";
import type { NewCredential, SavedState } from "../../identity/types.ts";
import type { Logger } from "../../log.ts";
import type { Secret } from "../../secret.ts";
import { cancelRun } from "../cancel.ts";
import { checkHealthFlowName } from "../catalogue/check-health-flow.ts";
import { validateFlowName } from "../catalogue/validate-flow.ts";
import { handInCode } from "../hand-in-code.ts";
import type { Job } from "../job.ts";
import type { RunQueue } from "../queue/queue.ts";
import { awaitEnd } from "../record/await-end.ts";
import type { RunStore } from "../record/runs.ts";
import { loginLease } from "../run/claim-identity.ts";
import type { Submitter } from "../submitter.ts";
import { createVisitStates, mostAttempts, type VisitState } from "./visit-state.ts";

export interface ConnectDeps {
  database: Database;
  identities: Identities;
  tokens: ConnectTokens;
  visits: ConnectVisits;
  halfMade: HalfMadeIdentities;
  runs: RunStore;
  queue: RunQueue;
  codes: CodeInbox;
  submitter: Submitter;
  leases: Pick<Leases, "acquire">;
  log: Logger;
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
  /** Gives the recovery code that came with the link. @returns whether it was it @throws Failure `conflict` */
  giveCode(visit: ConnectVisit, code: Secret): Promise<boolean>;
  /**
   * Signs in with the credentials, as the visit's half-made identity. One that the visit is for stays as it is until
   * that has succeeded.
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
  /**
   * Takes the state of a browser that somebody has signed in to by hand, and has a fresh browser look whether it signs
   * in. Credentials stay. @throws Failure `conflict` while another sign-in is under way
   */
  prove(visit: ConnectVisit, site: ConnectSite, state: SavedState): Promise<void>;
  /** Gives the visit up; nothing is left of its identity. */
  cancel(visit: ConnectVisit): Promise<void>;
}

const mostCodes = 6;
/** How long somebody has for finding the code, in milliseconds. */
const codeTimeoutMs = 5 * 60_000;
const deadlineMs = 10 * 60_000;
/** How long a run that is to stop may take to, in milliseconds. */
const stopMs = 20_000;

export function createConnect(deps: ConnectDeps): Connect {
  const { database, identities, tokens, visits, halfMade } = deps;
  const stateOf = createVisitStates(deps);

  async function submit(
    visit: ConnectVisit,
    identityId: string,
    runId: string,
    work: Pick<Job, "flow" | "input"> = { flow: validateFlowName },
  ): Promise<void> {
    const { project } = visit.token;
    const job = {
      project,
      ...work,
      identityId,
      runId,
      trace: false,
      codeTimeoutMs,
      deadlineMs,
    };
    await deps.submitter.submit({
      job: { ...job, tags: { from: "connect page" } },
      options: { attempts: 1 },
      visitId: visit.id,
    });
  }

  /**
   * Gives the visit its next run, and does what leads to it; where that fails, the run before it is the visit's again.
   * @throws Failure `conflict` where another request was first; of the work
   */
  async function asNextRun(visit: ConnectVisit, work: (runId: string) => Promise<void>): Promise<void> {
    const runId = randomUUID();
    if (!(await visits.nextRun(visit, runId)))
      throw new Failure("conflict", "A sign-in is under way already.");
    try {
      await work(runId);
    } catch (error) {
      await visits.forgetRun(visit, runId);
      throw error;
    }
  }

  /** Counted before anything is tried: requests that come together count too. @throws Failure `too_many_requests` */
  async function countAttempt({ token }: ConnectVisit): Promise<void> {
    if (!(await tokens.countAttempt(token.id, mostAttempts)))
      throw new Failure("too_many_requests", "There were too many tries with this link.");
  }

  return {
    stateOf,

    async giveCode(visit, code) {
      if ((await stateOf(visit)).name !== "recovery code")
        throw new Failure("conflict", "No recovery code is asked for any more.");
      const isRight = await tokens.tryCode(visit.token.id, code);
      if (isRight) await visits.letIn(visit.id);
      return isRight;
    },

    async signIn(visit, site, credentials) {
      const state = await stateOf(visit);
      if (state.name !== "open") throw new Failure("conflict", "A sign-in is under way, or has ended.");
      await asNextRun(visit, async (runId) => {
        await countAttempt(visit);
        const { runAs } = await halfMade.put({
          visit,
          runId,
          sourceUrl: site.url,
          flowId: site.flowId,
          credentials,
          // Its codes would be refused each time: the visitor is asked for theirs.
          without: state.refusal?.codeOf === "authenticator" ? ["authenticator"] : [],
          lends: true,
        });
        await submit(visit, runAs, runId);
      });
    },

    async handIn(visit, code) {
      const state = await stateOf(visit);
      if (state.name !== "code" || visit.runId === null)
        throw new Failure("conflict", "No code is waited for any more.");
      if (visit.codes >= mostCodes) throw new Failure("too_many_requests", "Too many codes were handed in.");
      const { token, runId } = visit;
      const actor = { ...visitActor(visit), runId };
      // Said before it is: the page that follows must not ask for it again.
      if (!(await visits.countCode(visit, mostCodes)))
        throw new Failure("conflict", "Another code was handed in just now.");
      try {
        await handInCode(deps, { project: token.project, runId, code, actor });
      } catch (error) {
        await visits.forgetCode(visit);
        throw error;
      }
    },

    async useKey(visit, credential) {
      const state = await stateOf(visit);
      const { token, runId: before, identityId } = visit;
      if (state.name !== "code" || !state.canTakeKey || before === null || identityId === null)
        throw new Failure("conflict", "No set-up key can be given in place of this code.");
      await asNextRun(visit, async (runId) => {
        // The password is given to the site once more.
        await countAttempt(visit);
        await cancelRun(deps, token.project, before);
        await awaitEnd(database, before, AbortSignal.timeout(stopMs));
        await halfMade.add(visit, runId, credential);
        await submit(visit, token.identityId ?? identityId, runId);
      });
    },

    async prove(visit, site, state) {
      if ((await stateOf(visit)).name !== "open")
        throw new Failure("conflict", "A sign-in is under way, or has ended.");
      await asNextRun(visit, async (runId) => {
        const { id, runAs } = await halfMade.put({
          visit,
          runId,
          sourceUrl: site.url,
          flowId: site.flowId,
          credentials: [],
          lends: false,
        });
        await using lease = await deps.leases.acquire(loginLease(id), {
          slots: 1,
          signal: AbortSignal.timeout(stopMs),
        });
        await identities.saveState(id, state, lease.fence);
        await submit(visit, runAs, runId, {
          flow: checkHealthFlowName,
          input: { reauthenticate: false },
        });
      });
    },

    async cancel(visit) {
      if (!(await visits.cancel(visit.id))) return;
      if (visit.runId !== null) {
        await cancelRun(deps, visit.token.project, visit.runId).catch(ignoreUnknown);
        // Its worker lets go of the identity first.
        await awaitEnd(database, visit.runId, AbortSignal.timeout(stopMs));
      }
      await halfMade.remove(visit);
    },
  };
}

/** What is gone already need not be done away with. */
function ignoreUnknown(error: unknown): void {
  if (!(error instanceof Failure && error.code === "not_found")) throw error;
}
