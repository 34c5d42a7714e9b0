import type { Submitted } from "../../job/submitter.ts";
import type { HttpDeps } from "../deps.ts";
import { viewRun } from "./view-run.ts";
import { waitForRun } from "./wait-query.ts";

/** What is answered for a run just submitted: 202 as it is or, where it has ended within `wait` seconds, 200. */
export async function answerRun(
  call: { deps: HttpDeps; query: { wait?: number | undefined }; readonly signal: AbortSignal },
  { run: submitted, isRepeated }: Submitted,
) {
  const { deps, query } = call;
  const run = await waitForRun(deps, { run: submitted, seconds: query.wait, signal: () => call.signal });
  return {
    status: run.endedAt === null ? (202 as const) : (200 as const),
    headers: {
      location: `/v1/runs/${run.id}`,
      ...(isRepeated ? { "idempotency-replayed": "true" } : {}),
    },
    body: viewRun(run, deps),
  };
}
