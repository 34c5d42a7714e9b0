import { endToEndChecks } from "./end-to-end.ts";
import { exampleChecks } from "./example.ts";
import type { PrefactorCheck } from "./ground.ts";
import { identityChecks } from "./identities.ts";
import { listChecks } from "./lists.ts";
import { referenceChecks } from "./references.ts";
import { secretFactorChecks } from "./secret-factors.ts";
import { valueChecks } from "./values.ts";

/** All that a server has to do, by the numbers of docs/prefactor.md. */
export const prefactorChecks = (): PrefactorCheck[] => [
  ...exampleChecks(),
  ...identityChecks(),
  ...secretFactorChecks(),
  ...listChecks(),
  ...referenceChecks(),
  ...valueChecks(),
  ...endToEndChecks(),
];
