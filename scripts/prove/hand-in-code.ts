import type { Application } from "./applications.ts";
import type { Ground } from "./ground.ts";
import { type ProofIdentity, type RunFound, tryRun } from "./try-run.ts";

export async function handInCode(
  ground: Ground,
  app: Application,
  who: ProofIdentity,
  _signal: AbortSignal,
): Promise<RunFound> {
  return await tryRun(ground, app, who);
}
