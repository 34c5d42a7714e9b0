import { relative } from "node:path";
import type { EmitRunEvent, RunEvent } from "../../events.ts";
import { toFailure } from "../../failure.ts";
import type { Catalogue } from "../../job/catalogue/catalogue.ts";
import { createReloader, type Reloader } from "../../job/catalogue/reload.ts";
import type { JobInput } from "../../job/job.ts";
import { sessionLease } from "../../job/run/claim-identity.ts";
import type { CliContext } from "../context.ts";
import { duration } from "../format.ts";
import { createInterrupt } from "../interrupt.ts";
import { reportFailure } from "../report-failure.ts";
import { type EndedHere, type RunHereOptions, runHere } from "../run-here.ts";
import { keepSession } from "./kept-session.ts";
import { nextKey } from "./keys.ts";
import { createSaves, type Follow, type Saved } from "./saves.ts";
import { watchFolder } from "./watch-folder.ts";

export interface WatchOptions extends Pick<RunHereOptions, "quiet" | "headed" | "slowMoMs" | "pause"> {
  /** Shows what a run came to. */
  show: (ended: EndedHere) => void;
}

/**
 * Runs a flow, and again whenever it, its site or what they import is saved, in the same signed-in session. A save
 * during a run ends that run. Enter runs it once more; q or Ctrl-C ends.
 * @throws Failure `invalid_job`, `unknown_identity`
 */
export async function watchFlow(
  context: CliContext,
  job: JobInput,
  { show, ...options }: WatchOptions,
): Promise<void> {
  const { parts, config, stderr, errorStyle: style } = context;
  using interrupt = createInterrupt("The watching was ended from the terminal.");
  using reloader = createReloader(config.flowsDir);
  const { identities, leases } = await parts.store();
  const identity = await identities.get(job.project ?? context.project, job.identityId);
  const { openSession } = await parts.browsers();
  await using kept = keepSession({ openSession, leases, leaseName: sessionLease(identity.id) });
  const saves = createSaves();
  using _watcher = watchFolder(reloader.folder, (paths, at) => {
    reloader.changed(paths);
    saves.add(paths, at);
  });

  let since: number | undefined;
  while (!interrupt.signal.aborted) {
    saves.forget();
    const catalogue = await load(reloader, context);
    // While it cannot be loaded, whatever is saved may be what was missing.
    using newer = saves.follow((path) => catalogue === undefined || reloader.concerns(path, job.flow));
    if (catalogue !== undefined) {
      const tell = tellFirstStep(context, since);
      const ended = await runOnce(context, job, {
        ...options,
        interrupt,
        signal: newer.signal,
        using: { catalogue, openSession: kept.openSession, leases: kept.leases },
        onEvent(event) {
          if (isFlowStart(event)) kept.signedIn();
          if (!options.quiet) tell(event);
        },
      });
      if (ended !== undefined && !newer.signal.aborted) show(ended);
    }
    if (interrupt.signal.aborted) break;
    if (!options.quiet && !newer.signal.aborted) stderr.write(`${style.dim(waitingText(context))}\n`);
    const reason = await nextReason(context, newer, interrupt.signal);
    if (reason === "quit") break;
    since = reason === "again" ? performance.now() : reason.at;
    if (reason !== "again" && !options.quiet) {
      const names = [...reason.paths].map((path) => relative(process.cwd(), path)).join(", ");
      stderr.write(`\n${style.cyan("↻")} ${names}\n`);
    }
  }
  process.exitCode = interrupt.exitCode ?? 0;
}

/** A run; undefined, and said why, where there could be none. */
async function runOnce(
  context: CliContext,
  job: JobInput,
  options: RunHereOptions,
): Promise<EndedHere | undefined> {
  try {
    return await runHere(context, job, options);
  } catch (error) {
    await reportFailure(error, context);
    return undefined;
  }
}

const isFlowStart = (event: RunEvent): boolean =>
  event.type === "stage" && event.stage === "flow" && event.status === "started";

/** Says once how long it took from the save to the flow's first step. */
function tellFirstStep({ stderr, errorStyle: style }: CliContext, since: number | undefined): EmitRunEvent {
  let isTold = since === undefined;
  return (event) => {
    if (isTold || since === undefined || event.type !== "step") return;
    isTold = true;
    stderr.write(style.dim(`  · first step ${duration(performance.now() - since)} after the save\n`));
  };
}

function waitingText({ stdin }: CliContext): string {
  return stdin.isTTY
    ? "Waiting for the next save. Enter runs it again, q ends."
    : "Waiting for the next save. Ctrl-C ends.";
}

async function nextReason(
  context: CliContext,
  newer: Follow,
  interrupted: AbortSignal,
): Promise<Saved | "again" | "quit"> {
  using over = new DisposableStack();
  const done = new AbortController();
  over.defer(() => done.abort(new Error("another reason came first")));
  const keys = nextKey(context, AbortSignal.any([interrupted, done.signal]));
  keys.catch(() => {});
  try {
    return await Promise.race([newer.saved, keys]);
  } catch {
    return "quit";
  }
}

/** The catalogue as it stands now; undefined, and said why, when it cannot be loaded. */
async function load(reloader: Reloader, context: CliContext): Promise<Catalogue | undefined> {
  try {
    return await reloader.load();
  } catch (error) {
    await reportFailure(toFailure(error), context);
    return undefined;
  }
}
