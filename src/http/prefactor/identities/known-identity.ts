import { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { Application } from "../../../identity/applications.ts";
import type { HttpDeps } from "../../deps.ts";
import { type Ids, idsOf } from "../ids.ts";
import { identityById, type Known } from "../references.ts";

export const idParams = z.object({ id: z.string().meta({ description: "A PFID." }) });

/** An identity with the pool it is, or was, in. */
export interface InPool {
  known: Known;
  poolId: string;
  /** Undefined where it is gone, as only a deleted identity's can be. */
  pool: Application | undefined;
  ids: Ids;
}

/** @throws RefusedValue; Failure `not_found`, also for an identity that is in no pool */
export async function identityInPool(
  { identities, applications }: HttpDeps,
  { project, id }: { project: string; id: string },
): Promise<InPool> {
  const known = await identityById({ identities, applications }, { project, field: "id", id });
  const { applicationId } = known.identity;
  if (applicationId === null)
    throw new Failure("not_found", "id: this identity is in no pool: it belongs to no application.");
  return {
    known,
    poolId: applicationId,
    pool: await poolOf(applications, project, applicationId),
    ids: idsOf(project),
  };
}

/** The same for one that is still there. @throws RefusedValue; Failure `not_found`, `conflict` for a deleted one */
export async function extantInPool(
  deps: HttpDeps,
  asked: { project: string; id: string },
): Promise<InPool & { known: Extract<Known, { isDeleted: false }>; pool: Application }> {
  const { known, pool, ...rest } = await identityInPool(deps, asked);
  if (known.isDeleted || pool === undefined)
    throw new Failure("conflict", "This identity is deleted: nothing can be done to it.");
  return { ...rest, known, pool };
}

async function poolOf(
  applications: HttpDeps["applications"],
  project: string,
  id: string,
): Promise<Application | undefined> {
  try {
    return await applications.get(project, id);
  } catch (error) {
    if (error instanceof Failure && error.code === "not_found") return undefined;
    throw error;
  }
}
