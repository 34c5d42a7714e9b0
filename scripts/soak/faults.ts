import { setTimeout as sleep } from "node:timers/promises";
import { killChromium, killRenderer } from "./browsers.ts";
import type { Ground } from "./ground.ts";
import type { FaultName } from "./kinds.ts";
import type { Random } from "./random.ts";

/** A fault as it was made; epoch milliseconds. */
export interface Fault {
  name: FaultName;
  from: number;
  to: number;
}

/** How often each is made, beside the others. */
const weights: Record<FaultName, number> = {
  "worker killed": 2,
  "worker stopped": 1,
  "Postgres restarted": 1,
  "Postgres crashed": 1,
  "Redis restarted": 2,
  "Redis emptied": 1,
  "Chromium killed": 3,
  "page killed": 3,
  "site answers 500": 3,
  "site hangs": 2,
  "sessions expired": 2,
  "disk full": 2,
  "clock jumped": 2,
  "receiver down": 2,
  // Made by a run, not by the timetable.
  "endless loop": 0,
};

/**
 * Makes one fault after the other until `signal` is aborted, with pauses between them: the order, the lengths and whom
 * they meet come from `random`. All is well again when it returns.
 */
export async function makeFaults(ground: Ground, random: Random, signal: AbortSignal): Promise<Fault[]> {
  const faults: Fault[] = [];
  while (!signal.aborted) {
    await sleep(random.between(3_000, 8_000), undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const name = random.weighted(weights);
    const from = Date.now();
    if (await make(name, ground, random)) faults.push({ name, from, to: Date.now() });
  }
  return faults;
}

/** @returns whether it could be made */
async function make(name: FaultName, ground: Ground, random: Random): Promise<boolean> {
  const { site, postgres, redis, disk, receiver, temporary } = ground;
  const worker = ground.workers[random.between(0, ground.workers.length - 1)];
  const lengthMs = random.between(500, 2_500);
  switch (name) {
    case "worker killed":
      worker?.kill("SIGKILL");
      return true;
    case "worker stopped":
      worker?.kill("SIGTERM");
      return true;
    case "Postgres restarted":
      await postgres.stop();
      await sleep(lengthMs);
      await postgres.start();
      return true;
    case "Postgres crashed":
      await postgres.crash();
      await sleep(lengthMs / 2);
      await postgres.start();
      return true;
    case "Redis restarted":
    case "Redis emptied":
      await redis?.restart({ keeping: name === "Redis restarted", awayMs: lengthMs });
      return redis !== undefined;
    case "Chromium killed":
      return worker?.pid !== undefined && (await killChromium(temporary, worker.pid));
    case "page killed":
      return worker?.pid !== undefined && (await killRenderer(temporary, worker.pid));
    case "site answers 500":
      site.switches.serverError = true;
      await sleep(lengthMs);
      site.switches.serverError = false;
      return true;
    case "site hangs":
      site.switches.hang = true;
      await sleep(lengthMs);
      site.switches.hang = false;
      return true;
    case "sessions expired":
      site.expireSessions();
      return true;
    case "disk full":
      await disk?.fill();
      await sleep(lengthMs);
      await disk?.empty();
      return disk !== undefined;
    case "clock jumped":
      worker?.kill("SIGUSR2");
      return true;
    case "receiver down":
      receiver.answer = (response) => void response.destroy();
      await sleep(lengthMs);
      receiver.answer = (response) => void response.writeHead(204).end();
      return true;
    case "endless loop":
      return false;
  }
}
