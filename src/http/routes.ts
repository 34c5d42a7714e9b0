import { getArtifact } from "./artifacts/get-artifact.ts";
import type { Route } from "./define-route.ts";
import { getFlow } from "./flows/get-flow.ts";
import { listFlows } from "./flows/list-flows.ts";
import { listIdentities } from "./identities/list-identities.ts";
import { cancelRun } from "./runs/cancel-run.ts";
import { getRun } from "./runs/get-run.ts";
import { handInCode } from "./runs/hand-in-code.ts";
import { listRuns } from "./runs/list-runs.ts";
import { retryRun } from "./runs/retry-run.ts";
import { submitRun } from "./runs/submit-run.ts";
import { watchEvents } from "./runs/watch-events.ts";
import { listDeliveries } from "./webhooks/list-deliveries.ts";
import { redeliver } from "./webhooks/redeliver.ts";

/** Every route of the API, in the order /docs shows them. */
export const routes: readonly Route[] = [
  submitRun,
  listRuns,
  getRun,
  cancelRun,
  retryRun,
  handInCode,
  watchEvents,
  getArtifact,
  listFlows,
  getFlow,
  listIdentities,
  listDeliveries,
  redeliver,
];
