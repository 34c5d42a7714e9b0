import type { Route } from "./define-route.ts";
import { getFlow } from "./flows/get-flow.ts";
import { listFlows } from "./flows/list-flows.ts";
import { listDeliveries } from "./webhooks/list-deliveries.ts";
import { redeliver } from "./webhooks/redeliver.ts";

/** Every route of the API, in the order /docs shows them. */
export const routes: readonly Route[] = [listFlows, getFlow, listDeliveries, redeliver];
