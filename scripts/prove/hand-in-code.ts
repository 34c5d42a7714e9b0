import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "otplib";
import { watchRun } from "../../src/job/record/watch-run.ts";
import type { Application } from "./applications.ts";
import type { Ground } from "./ground.ts";
import { type ProofIdentity, type RunFound, readRun, submit } from "./try-run.ts";

const stepMs = 30_000;
/** A code with less to live is not worth handing in, in milliseconds. */
const leastLifeMs = 8_000;

export interface HandedIn {
  found: RunFound;
  /** Whether the run said that it waits for a code. */
  waited: boolean;
}

/** A run of an identity that has no TOTP secret: once it waits for a code, `latchkey code <run>` hands it one. */
export async function handInCode(
  ground: Ground,
  app: Application & { totpSecret: string },
  who: ProofIdentity,
  signal: AbortSignal,
): Promise<HandedIn> {
  const { database } = await ground.parts.store();
  const runId = await submit(ground, app, who);
  let waited = false;
  for await (const { event } of watchRun(database, runId, { signal })) {
    if (event.type !== "waiting_for_code" || waited) continue;
    waited = true;
    await ground.handIn(runId, await freshCode(app.totpSecret, signal));
  }
  return { found: await readRun(ground, who, runId), waited };
}

async function freshCode(secret: string, signal: AbortSignal): Promise<string> {
  const left = stepMs - (Date.now() % stepMs);
  if (left < leastLifeMs) await sleep(left + 100, undefined, { signal });
  return await generate({ secret });
}
