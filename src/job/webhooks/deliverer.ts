import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import { type Tell, untold } from "../../observe.ts";
import { webhookChannel } from "../record/outbox.ts";
import { backOff, nextPause } from "./back-off.ts";
import { type Claimed, claimNext, nextDue, removeOld, settle, type Verdict } from "./outbox-rows.ts";
import type { WebhookSecrets } from "./secrets.ts";
import type { Attempt, Send } from "./send.ts";

/** How long a notification may stay away before the outbox is looked into all the same, in milliseconds. */
const pollMs = 10_000;
/** How long a message stays with a deliverer that was killed, in milliseconds: longer than any attempt takes. */
const claimMs = 60_000;
/** How long the log of what was told is kept. */
const keptDays = 30;
const cleanUpEveryMs = 3_600_000;

export interface DelivererDeps {
  database: Database;
  secrets: Pick<WebhookSecrets, "active">;
  send: Send;
  log: Logger;
  tell?: Tell;
  /** Attempts under way at a time. */
  concurrency?: number;
  /** Of these to one host: a slow one does not hold up the others. */
  perHost?: number;
  /** Pauses after failed attempts, in milliseconds. */
  pauses?: readonly number[];
}

/** Sends what is in the outbox until stopped. */
export interface Deliverer {
  /** Takes no more; attempts under way may go on for `graceMs` milliseconds, then they are cut off and due again. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts sending reports. Any number of processes may: a message is with one of them at a time. Each is sent until the
 * receiver has it, or about a day has passed, so a receiver may get it twice, under the same id.
 */
export async function startDeliverer(deps: DelivererDeps): Promise<Deliverer> {
  const { database, log, concurrency = 20, perHost = 4 } = deps;
  const stopping = new AbortController();
  const cutOff = new AbortController();
  const underWay = new Map<string, { host: string; done: Promise<void> }>();
  let wake = Promise.withResolvers<void>();
  let cleanedAt = 0;

  const busyHosts = () => {
    const hosts = [...underWay.values()].map(({ host }) => host);
    return [...new Set(hosts)].filter((host) => hosts.filter((one) => one === host).length >= perHost);
  };

  async function takeAll(): Promise<void> {
    while (underWay.size < concurrency && !stopping.signal.aborted) {
      const claimed = await claimNext(database.kysely, { busyHosts: busyHosts(), claimMs });
      if (claimed === undefined) return;
      const done = deliver(deps, claimed, cutOff.signal).finally(() => {
        underWay.delete(claimed.id);
        wake.resolve();
      });
      underWay.set(claimed.id, { host: claimed.host, done });
    }
  }

  async function pause(): Promise<number> {
    // With no room for more there is nothing to look for until one has ended, which wakes us.
    if (underWay.size >= concurrency) return pollMs;
    const due = await nextDue(database.kysely, busyHosts());
    // Not at once: what is due but was not taken is locked by somebody for the blink of an eye.
    return Math.max(50, Math.min(due ?? pollMs, pollMs));
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      const { promise: woken } = wake;
      let waitMs = pollMs;
      try {
        await takeAll();
        if (Date.now() - cleanedAt > cleanUpEveryMs) {
          cleanedAt = Date.now();
          await removeOld(database.kysely, keptDays);
        }
        waitMs = await pause();
      } catch (error) {
        log.warn({ err: error }, "the outbox of webhooks could not be read");
      }
      const timer = setTimeout(() => wake.resolve(), waitMs);
      await woken;
      clearTimeout(timer);
      wake = Promise.withResolvers();
    }
  }

  const listening = await database.listen(
    webhookChannel,
    () => wake.resolve(),
    () => wake.resolve(),
  );
  const working = work();

  let stopped: Promise<void> | undefined;
  return {
    stop(graceMs) {
      stopping.abort();
      wake.resolve();
      const grace = setTimeout(() => cutOff.abort(new Failure("worker_stopping", "It stopped.")), graceMs);
      stopped ??= (async () => {
        await working;
        await Promise.all([...underWay.values()].map(({ done }) => done));
        await listening[Symbol.asyncDispose]();
      })();
      return stopped.finally(() => clearTimeout(grace));
    },
  };
}

/** One attempt, written down. What goes wrong on our own side leaves the message to be due again. */
async function deliver(
  { database, secrets, send, log, pauses = backOff, tell = untold }: DelivererDeps,
  message: Claimed,
  cutOff: AbortSignal,
): Promise<void> {
  const about = { delivery: message.id, runId: message.runId, host: message.host };
  try {
    const attempt = await send(message, await secrets.active(message.project), cutOff).catch(
      (error: unknown): Attempt => {
        if (!cutOff.aborted) throw error;
        return { at: new Date(), durationMs: 0, error: "It was cut off: Latchkey stopped." };
      },
    );
    const verdict: Verdict =
      cutOff.aborted && attempt.error !== undefined
        ? { status: "pending", inMs: 0, counts: false }
        : judge(attempt, message.attempts + 1, pauses);
    await settle(database.kysely, message, { attempt, verdict });
    const { error: reason, statusCode, durationMs } = attempt;
    const result =
      verdict.status === "pending" ? "failed" : verdict.status === "failed" ? "given_up" : verdict.status;
    tell({ type: "webhook_attempt", result, durationMs });
    if (verdict.status === "failed") log.warn({ ...about, statusCode, reason }, "a webhook is given up");
    else if (reason !== undefined) log.info({ ...about, statusCode, reason }, "a webhook failed");
    else log.debug({ ...about, statusCode, durationMs }, "a webhook was delivered");
  } catch (error) {
    log.warn({ ...about, err: error }, "a webhook could not be sent; it will be due again");
  }
}

function judge(attempt: Attempt, failed: number, pauses: readonly number[]): Verdict {
  if (attempt.error === undefined) return { status: "delivered" };
  const pauseMs = attempt.final === true ? undefined : nextPause(failed, { ...attempt, pauses });
  return pauseMs === undefined ? { status: "failed" } : { status: "pending", inMs: pauseMs, counts: true };
}
