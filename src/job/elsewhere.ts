import type { Config } from "../config.ts";
import { isUuid } from "../identity/identity-input.ts";
import type { Job } from "./job.ts";

/** Of the settings, what says where identities that are recorded nowhere here may be. */
export type Elsewhere = Pick<Config, "provider" | "project">;

/**
 * Whether a job may name an identity that only its provider has. Nobody is asked: the worker finds out. The provider's
 * key knows no projects, so such identities are those of the project that LATCHKEY_PROJECT names.
 */
export function mayBeElsewhere(
  job: Pick<Job, "project" | "identityId" | "provider">,
  { provider, project }: Elsewhere,
): boolean {
  return (job.provider ?? provider) === "anchor" && job.project === project && isUuid(job.identityId);
}
