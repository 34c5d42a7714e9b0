import { Failure } from "../failure.ts";
import type { CodeInbox } from "../identity/credentials/code-inbox.ts";
import type { Identities } from "../identity/identities.ts";
import type { Actor } from "../identity/types.ts";
import type { Secret } from "../secret.ts";
import type { Run, RunStore } from "./record/runs.ts";
import { accountOf } from "./run/claim-identity.ts";

/**
 * Hands a one-time code, or the link that the site sent, to a run whose login waits for it, or soon will.
 * @throws Failure `not_found`; `conflict` when the run has ended; `invalid_argument`
 */
export async function handInCode(
  {
    runs,
    identities,
    codes,
  }: { runs: RunStore; identities: Pick<Identities, "getForRun">; codes: CodeInbox },
  { project, runId, code, actor }: { project: string; runId: string; code: Secret; actor: Actor },
): Promise<Run> {
  const run = await runs.get(project, runId);
  if (run.endedAt !== null)
    throw new Failure("conflict", `The run ${runId} has ended: no code is waited for any more.`);
  const identity = await identities.getForRun(project, run.identityId, runId);
  await codes.push({ identityId: accountOf(identity), runId, code, actor });
  return run;
}
