import type { FastifyBaseLogger } from "fastify";
import type { Identity } from "../../../identity/types.ts";
import { validateFlowName } from "../../../job/catalogue/validate-flow.ts";
import { awaitOwnFlow, submitOwnFlow } from "../../../job/own-flow.ts";
import type { Run } from "../../../job/record/runs.ts";
import type { HttpDeps } from "../../deps.ts";

/** How long a worker may take to take a run up before the request is answered without it, in milliseconds. */
const takeUpMs = 15_000;
/** How long a request is held for a run at most, in milliseconds; the SDK waits for twenty minutes. */
const mostMs = 10 * 60_000;

interface Wanted {
  identity: Pick<Identity, "id" | "project">;
  /** Whether the request is held until the run has ended. */
  wait: boolean;
  signal: () => AbortSignal;
}

/** Has the identity signed in by a worker. @throws Failure `queue_unavailable` */
export async function runOwnFlow(
  { submitter, database, runs }: HttpDeps,
  { identity, wait, signal, flow }: Wanted & { flow: string },
): Promise<Run> {
  const { id: identityId, project } = identity;
  const run = await submitOwnFlow(submitter, { project, flow, identityId });
  if (!wait) return run;
  return await awaitOwnFlow({ database, runs, run, takeUpMs, mostMs, signal: signal() });
}

/**
 * Proves an identity's credentials by signing in with them. Where that cannot even be begun the identity is kept all the
 * same, `pending`: whoever made it would make it twice, were it refused now.
 */
export async function validate(
  deps: HttpDeps,
  wanted: Wanted & { log: Pick<FastifyBaseLogger, "warn"> },
): Promise<void> {
  try {
    await runOwnFlow(deps, { ...wanted, flow: validateFlowName });
  } catch (err) {
    wanted.log.warn({ err, identity: wanted.identity.id }, "an identity could not be validated");
  }
}
