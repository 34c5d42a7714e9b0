import { applicationChecks } from "./applications.ts";
import { errorChecks } from "./errors.ts";
import { eventChecks } from "./events.ts";
import type { AnchorCheck } from "./ground.ts";
import { identityChecks } from "./identities.ts";
import { sessionChecks } from "./sessions.ts";

/** All that a server has to do; the errors last, because they end with the address made to wait. */
export const anchorChecks = (): AnchorCheck[] => [
  ...identityChecks(),
  ...applicationChecks(),
  ...sessionChecks(),
  ...eventChecks(),
  ...errorChecks(),
];
