import { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { Application } from "../../../identity/applications/applications.ts";
import type { HttpDeps } from "../../deps.ts";
import { type Ids, idsOf } from "../ids.ts";
import { identityById, type Known } from "../references.ts";

export const idParams = z.object({ id: z.string().meta({ description: "A PFID." }) });

/** An identity with the pool it is, or was, in. */
export interface InPool<K extends Known = Known> {
  known: K;
  pool: Application;
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
  // What is left of deleted identities goes with their application.
  const pool = await applications.get(project, applicationId);
  return { known, pool, ids: idsOf(project) };
}

/** The same for one that is still there. @throws RefusedValue; Failure `not_found`, `conflict` for a deleted one */
export async function extantInPool(
  deps: HttpDeps,
  asked: { project: string; id: string },
): Promise<InPool<Extract<Known, { isDeleted: false }>>> {
  const { known, ...place } = await identityInPool(deps, asked);
  if (known.isDeleted) throw deleted();
  return { ...place, known };
}

/** Does something to an identity that was there a moment ago. @throws Failure `conflict` where somebody has deleted it since */
export async function whileExtant<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure && error.code === "unknown_identity" ? deleted(error) : error;
  }
}

const deleted = (cause?: Failure) =>
  new Failure("conflict", "This identity is deleted: nothing can be done to it.", { cause });
