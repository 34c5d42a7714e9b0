import { setTimeout as sleep } from "node:timers/promises";
import { createFlowFiles } from "../../browser/files.ts";
import type { Session } from "../../browser/session.ts";
import { startTrace, type TraceOptions } from "../../browser/trace.ts";
import { Failure } from "../../failure.ts";
import type { Flow } from "../../flow.ts";
import type { Artifact } from "../../outcome.ts";
import { untilAborted } from "../../until-aborted.ts";
import { checkSchema } from "../catalogue/check-schema.ts";
import { unstorable } from "../storable.ts";
import { accountOf, type Claim } from "./claim-identity.ts";
import { createSteps } from "./flow-context.ts";
import { flowErrorText, flowFailure, tame } from "./flow-failure.ts";
import type { FlowRun } from "./run-context.ts";

/** How long a crash may take to be noticed after the page it closed, in milliseconds. */
const crashNoticeMs = 500;

/** The largest result that is kept, in bytes of JSON: it is stored in the run's row and in the queue. */
const mostResultBytes = 4 * 2 ** 20;

/** A flow on its way: what is run, with what, as whom, where. */
export interface FlowWork {
  flow: Flow;
  input: unknown;
  claim: {
    identity: Pick<Claim["identity"], "id" | "name" | "sourceUrl" | "metadata"> &
      Partial<Pick<Claim["identity"], "standsFor">>;
  };
  session: Session;
}

/** One attempt at the flow on a signed-in page: its start page, its steps, its result checked, its trace stored. */
export async function attemptFlow(run: FlowRun, { flow, input, claim, session }: FlowWork): Promise<unknown> {
  const { deps, signal } = run;
  const { redactor } = run.known;
  const { page, context } = session;
  const onArtifact = (artifact: Artifact) => {
    if (artifact.kind === "trace") run.evidence.trace = artifact.name;
    deps.emit({ type: "artifact", artifact });
  };
  const stored = { artifacts: deps.artifacts, runId: run.id, redactor, onArtifact };
  const steps = createSteps(signal, deps.emit);
  const { id, standsFor = null, name, sourceUrl, metadata } = claim.identity;
  await using _trace = run.job.trace ? await recordTrace(run, { context, ...stored }) : undefined;
  try {
    const { startUrl } = flow;
    if (startUrl !== undefined) await untilAborted(signal, () => page.goto(startUrl));
    if (deps.pause === true) await untilAborted(signal, () => page.pause());
    const result = await untilAborted(signal, () =>
      flow.run({
        page,
        context,
        session,
        input,
        identity: { id: accountOf({ id, standsFor }), name, sourceUrl, metadata: metadata ?? {} },
        step: steps.step,
        files: createFlowFiles({ ...stored, signal }),
        log: deps.log,
        signal,
      }),
    );
    const checked = await checkSchema(flow.output, result, {
      code: "invalid_output",
      what: "What the flow returned",
    });
    return run.known.scrubResult(asJson(checked), { keepUsername: flow.returnsUsername === true });
  } catch (thrown) {
    const error = tame(thrown);
    await noticeCrash(error, signal);
    const step = steps.current;
    if (step !== undefined) run.evidence.step = step;
    run.evidence.error = redactor.scrub(flowErrorText(error));
    throw flowFailure(error, { step, restartable: flow.restartable === true });
  }
}

/** A trace whose storing fails is missed, and does not change what the flow came to. */
async function recordTrace(run: FlowRun, options: TraceOptions): Promise<AsyncDisposable> {
  const trace = await startTrace(options);
  return {
    async [Symbol.asyncDispose]() {
      await trace
        .stop()
        .catch((error: unknown) => run.deps.log.warn({ err: error }, "the trace could not be stored"));
    },
  };
}

/** A closed page is only the symptom: what closed it, if anything did, names the failure. */
async function noticeCrash(error: unknown, signal: AbortSignal): Promise<void> {
  const closed = error instanceof Error && /has been closed|crashed|disconnected/i.test(error.message);
  if (closed && !signal.aborted) await sleep(crashNoticeMs, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}

/**
 * The result as it can be stored: JSON, in which `undefined` is null, of a size that a row and the queue can bear.
 * @throws Failure `invalid_output`
 */
function asJson(result: unknown): unknown {
  let text: string;
  try {
    text = JSON.stringify(result ?? null) ?? "null";
  } catch (cause) {
    throw new Failure("invalid_output", "What the flow returned cannot be written as JSON.", { cause });
  }
  if (Buffer.byteLength(text) > mostResultBytes) {
    throw new Failure(
      "invalid_output",
      `What the flow returned takes more than ${mostResultBytes / 2 ** 20} MiB as JSON: store it with \`files\` and return its name.`,
    );
  }
  const value: unknown = JSON.parse(text);
  const fault = unstorable(value, "result");
  if (fault !== undefined)
    throw new Failure(
      "invalid_output",
      `What the flow returned cannot be stored: ${fault.path}: ${fault.message}.`,
    );
  return value;
}
