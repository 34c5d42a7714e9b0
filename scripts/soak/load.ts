import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { cancelRun } from "../../src/job/cancel.ts";
import { submitRun } from "../../src/job/submit.ts";
import type { Ground } from "./ground.ts";
import { type Kind, type KindName, kinds } from "./kinds.ts";
import type { SoakOptions } from "./options.ts";
import type { Random } from "./random.ts";

/** A run as it was submitted. */
export interface Submitted {
  runId: string;
  work: number;
  kind: KindName;
  identityId: string;
  username: string;
  hasWebhook: boolean;
}

/** Runs waiting or working at a time: enough that no worker is ever without. */
const mostOpen = 45;
const drainMs = 4 * 60_000;
const webhookShare = 0.2;

/** Submits the runs, a few at a time, and waits until all have ended or time is up. */
export async function load(
  ground: Ground,
  { runs, minutes }: SoakOptions,
  random: Random,
  tell: (ended: number, submitted: number) => void,
  signal: AbortSignal,
): Promise<{ submitted: Submitted[]; drained: boolean }> {
  const submitted: Submitted[] = [];
  const over = performance.now() + minutes * 60_000;
  const shares = Object.fromEntries(
    Object.entries(kinds).map(([name, { share }]) => [name, share]),
  ) as Record<KindName, number>;
  // One run that takes its workers down with it, until it is given up: more would only make the soak longer.
  const poison = runs >= 300 ? Math.floor(runs / 3) : Number.NaN;

  for (let work = 0; work < runs && performance.now() < over; work++) {
    signal.throwIfAborted();
    while ((await open(ground)) >= mostOpen && performance.now() < over)
      await sleep(250, undefined, { signal });
    const kind = work === poison ? "endless loop" : random.weighted(shares);
    submitted.push(await submitOne(ground, random, work, kind));
    if (work % 10 === 9) tell(submitted.length - (await open(ground)), submitted.length);
  }
  const drainedBy = performance.now() + drainMs;
  while ((await open(ground)) > 0 && performance.now() < drainedBy) {
    tell(submitted.length - (await open(ground)), submitted.length);
    await sleep(1_000, undefined, { signal });
  }
  return { submitted, drained: (await open(ground)) === 0 };
}

async function submitOne(ground: Ground, random: Random, work: number, kind: KindName): Promise<Submitted> {
  const { parts, identities, receiver } = ground;
  // The first signs in without a code, so that no clock keeps the endless loop from being made.
  const index = kind === "endless loop" ? 0 : random.between(0, identities.length - 1);
  const identityId = identities[index]?.id ?? "";
  const { how, ms, deadlineMs, trace, cancel }: Kind = kinds[kind];
  const hasWebhook = random.next() < webhookShare;
  const runId = randomUUID();
  const { database, identities: known, runs } = await parts.store();
  const { queue } = await parts.queueing();
  const deps = {
    db: database.kysely,
    catalogue: await parts.catalogue(),
    identities: known,
    runs,
    queue,
    webhookAllow: parts.config.webhookAllow,
  };
  const job = {
    runId,
    flow: "soak/work",
    identityId,
    input: { work, how, ...(ms === undefined ? {} : { ms }) },
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(trace === undefined ? {} : { trace }),
    ...(hasWebhook ? { webhookUrl: receiver.url } : {}),
  };
  // As a producer should: what it is not sure of, it submits again under the same id.
  await patiently(() => submitRun(deps, job, { attempts: 3 }));
  if (cancel === true) {
    const cancelling = sleep(random.between(200, 3_000)).then(() =>
      patiently(() => cancelRun({ database, runs, queue }, "default", runId)),
    );
    cancelling.catch(() => {});
  }
  return { runId, work, kind, identityId, username: `person-${index}@larch.example`, hasWebhook };
}

async function open({ parts }: Ground): Promise<number> {
  const { database } = await parts.store();
  return await patiently(async () => {
    const { count } = await database.kysely
      .selectFrom("runs")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("ended_at", "is", null)
      .executeTakeFirstOrThrow();
    return Number(count);
  });
}

function patiently<T>(work: () => Promise<T>): Promise<T> {
  return pRetry(work, { retries: 60, minTimeout: 200, maxTimeout: 1_000 });
}
