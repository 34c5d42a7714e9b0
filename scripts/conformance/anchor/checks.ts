import { applicationChecks } from "./applications.ts";
import { connectingChecks } from "./connecting.ts";
import { errorChecks } from "./errors.ts";
import { eventChecks } from "./events.ts";
import type { AnchorCheck } from "./ground.ts";
import { identityChecks } from "./identities.ts";
import { profileChecks } from "./profiles.ts";
import { sessionDrivingChecks } from "./session-driving.ts";
import { sessionRefusalChecks } from "./session-refusals.ts";
import { sessionChecks } from "./sessions.ts";

/** All that a server has to do; the errors last, because they end with the address made to wait. */
export const anchorChecks = (): AnchorCheck[] => [
  ...identityChecks(),
  ...applicationChecks(),
  ...connectingChecks(),
  ...sessionChecks(),
  ...sessionDrivingChecks(),
  ...sessionRefusalChecks(),
  ...profileChecks(),
  ...eventChecks(),
  ...errorChecks(),
];
