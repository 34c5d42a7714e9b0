import { Failure } from "../../failure.ts";
import type { Batch } from "../../job/batch/batches.ts";
import type { CliContext } from "../context.ts";

const mostLookedAt = 200;

/**
 * A batch by its id or the beginning of it, as a terminal shows it.
 * @throws Failure `not_found`; `invalid_argument` when several begin so
 */
export async function findBatch({ parts, project }: CliContext, given: string): Promise<Batch> {
  const { batches } = await parts.store();
  const start = given.toLowerCase();
  if (start.length === 36) return batches.get(project, start);
  const found = (await batches.list({ project, limit: mostLookedAt })).filter(({ id }) =>
    id.startsWith(start),
  );
  const [batch, another] = found;
  if (batch === undefined || start.length < 4) throw new Failure("not_found", `There is no batch ${given}.`);
  if (another !== undefined)
    throw new Failure("invalid_argument", `Several batches begin with ${given}: give more of the id.`);
  return batch;
}
