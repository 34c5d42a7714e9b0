import { type Figure, ms, percentile } from "./support/figures.ts";
import type { Ground } from "./support/ground.ts";

const rounds = 30;

/** (c) From queueing a job to the first line of its flow, on an idle worker with a saved state. */
export async function pickup(ground: Ground, backend: string): Promise<Figure[]> {
  const identity = await ground.addIdentity(`pickup-${backend}`);
  await ground.ended(await ground.submit(identity));
  const waits: number[] = [];
  const toFlow: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    const runId = await ground.submit(identity);
    await ground.ended(runId);
    const { queued, started, flow } = await ground.times(runId);
    if (round < 0) continue;
    waits.push(started - queued);
    toFlow.push(flow - queued);
  }
  return [
    {
      what: `enqueue to first line of the flow, queue on ${backend} (p50 / p95)`,
      latchkey: `${ms(percentile(toFlow))} / ${ms(percentile(toFlow, 0.95))}`,
      bare: "–",
      ratio: null,
      note: `of which until a worker has it ${ms(percentile(waits))} / ${ms(percentile(waits, 0.95))}; the rest opens the page signed in`,
    },
  ];
}
