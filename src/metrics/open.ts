import type { Observers } from "../observe.ts";
import { type CollectDeps, collect } from "./collect.ts";
import { countInto } from "./count.ts";
import { createMetrics, type Metrics } from "./registry.ts";

/** What Prometheus is answered with. */
export interface Scrape {
  contentType: string;
  text: string;
}

/** The metrics of this process, counted from now on. */
export interface ProcessMetrics {
  readonly metrics: Metrics;
  /** Never fails for what Latchkey stands on: that is told by `latchkey_dependency_up`. */
  scrape(): Promise<Scrape>;
  stop(): Promise<void>;
}

/** How long an answer serves for further scrapes, in milliseconds, so that asking often costs the database nothing. */
const freshMs = 1_000;

export function openMetrics({
  observers,
  ...deps
}: CollectDeps & { observers: Pick<Observers, "add"> }): ProcessMetrics {
  const metrics = createMetrics();
  const observing = observers.add(countInto(metrics));
  let collected: { at: number; done: Promise<void> } | undefined;
  return {
    metrics,
    async scrape() {
      if (collected === undefined || performance.now() - collected.at > freshMs)
        collected = { at: performance.now(), done: collect(metrics, deps) };
      await collected.done;
      const { registry } = metrics;
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    async stop() {
      observing[Symbol.dispose]();
      metrics.registry.clear();
    },
  };
}
