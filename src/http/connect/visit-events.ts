import type { Database } from "../../database/open.ts";
import type { RunEvent } from "../../events.ts";
import type { ConnectVisit } from "../../identity/connect/connect-visits.ts";
import { stepsOf } from "../../job/connect/progress.ts";
import type { VisitState } from "../../job/connect/visit-state.ts";
import { watchRun } from "../../job/record/watch-run.ts";
import { heartbeat, withHeartbeats } from "../event-answer.ts";
import type { Messages } from "./messages/en.ts";
import { shownSteps } from "./pages/progress.ts";

/** Says that the page shows what is no longer so. */
const moved = "event: moved\ndata: {}\n\n";

/**
 * What happens in a visit, as server-sent events for its page: `steps` while somebody is signed in, `moved` once the
 * page is to be opened again.
 */
export async function* visitEvents({
  database,
  visit,
  shown,
  state,
  t,
  app,
  signal,
}: {
  database: Database;
  visit: ConnectVisit;
  /** What the page shows. */
  shown: string;
  /** As it stands, read anew. */
  state: () => Promise<VisitState["name"]>;
  t: Messages;
  app: string;
  signal: AbortSignal;
}): AsyncGenerator<string> {
  if (visit.runId === null || (await state()) !== shown) return void (yield moved);
  const events: RunEvent[] = [];
  let told = "";
  for await (const stored of withHeartbeats(watchRun(database, visit.runId, { signal }), signal)) {
    if (stored === heartbeat) yield heartbeat;
    else {
      const { event } = stored;
      events.push(event);
      const turns = event.type === "waiting_for_code" || event.type === "outcome" || shown === "code";
      if (turns && (await state()) !== shown) return void (yield moved);
      const steps = JSON.stringify(shownSteps(t, app, stepsOf(events)));
      if (shown === "progress" && steps !== told) yield `event: steps\ndata: ${steps}\n\n`;
      told = steps;
    }
  }
  if (!signal.aborted) yield moved;
}
