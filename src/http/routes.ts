import { anchorRoutes } from "./anchor/routes.ts";
import { getArtifact } from "./artifacts/get-artifact.ts";
import { cancelBatch } from "./batches/cancel-batch.ts";
import { getBatch } from "./batches/get-batch.ts";
import { listBatches } from "./batches/list-batches.ts";
import { submitBatch } from "./batches/submit-batch.ts";
import { watchBatch } from "./batches/watch-batch.ts";
import { endDebugSession } from "./debug-sessions/end-debug-session.ts";
import { openDebugSession } from "./debug-sessions/open-debug-session.ts";
import type { Route } from "./define-route.ts";
import { getFlow } from "./flows/get-flow.ts";
import { listFlows } from "./flows/list-flows.ts";
import { getIdentityHealth } from "./identities/get-health.ts";
import { listIdentities } from "./identities/list-identities.ts";
import { kratosRoutes } from "./kratos/routes.ts";
import { prefactorRoutes } from "./prefactor/routes.ts";
import { cancelRun } from "./runs/cancel-run.ts";
import { getRun } from "./runs/get-run.ts";
import { handInCode } from "./runs/hand-in-code.ts";
import { listRuns } from "./runs/list-runs.ts";
import { lookAtRun } from "./runs/look-at-run.ts";
import { retryRun } from "./runs/retry-run.ts";
import { submitRun } from "./runs/submit-run.ts";
import { watchEvents } from "./runs/watch-events.ts";
import { addSchedule } from "./schedules/add-schedule.ts";
import { changeSchedule } from "./schedules/change-schedule.ts";
import { getSchedule } from "./schedules/get-schedule.ts";
import { listSchedules } from "./schedules/list-schedules.ts";
import { removeSchedule } from "./schedules/remove-schedule.ts";
import { runSchedule } from "./schedules/run-schedule.ts";
import { scheduleHealth } from "./schedules/schedule-health.ts";
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
  lookAtRun,
  watchEvents,
  getArtifact,
  submitBatch,
  listBatches,
  getBatch,
  cancelBatch,
  watchBatch,
  listFlows,
  getFlow,
  listIdentities,
  getIdentityHealth,
  listSchedules,
  addSchedule,
  getSchedule,
  changeSchedule,
  removeSchedule,
  runSchedule,
  scheduleHealth,
  listDeliveries,
  redeliver,
  openDebugSession,
  endDebugSession,
  ...anchorRoutes,
  ...kratosRoutes,
  ...prefactorRoutes,
];
