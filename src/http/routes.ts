import type { Route } from "./define-route.ts";
import { getFlow } from "./flows/get-flow.ts";
import { listFlows } from "./flows/list-flows.ts";

/** Every route of the API, in the order /docs shows them. */
export const routes: readonly Route[] = [listFlows, getFlow];
