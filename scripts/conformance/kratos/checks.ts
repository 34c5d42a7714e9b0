import { changeChecks } from "./change.ts";
import { createChecks } from "./create.ts";
import { credentialChecks } from "./credentials.ts";
import { endToEndChecks } from "./end-to-end.ts";
import { errorChecks } from "./errors.ts";
import { exampleChecks } from "./example.ts";
import type { KratosCheck } from "./ground.ts";
import { listChecks } from "./lists.ts";
import { recoveryChecks } from "./recovery.ts";
import { schemaChecks } from "./schemas.ts";

/** All that a server has to do. */
export const kratosChecks = (): KratosCheck[] => [
  ...exampleChecks(),
  ...createChecks(),
  ...credentialChecks(),
  ...changeChecks(),
  ...listChecks(),
  ...schemaChecks(),
  ...recoveryChecks(),
  ...endToEndChecks(),
  ...errorChecks(),
];
