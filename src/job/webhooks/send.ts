import { Webhook } from "standardwebhooks";
import { Client, type Dispatcher } from "undici";
import type { Resolve } from "../../checked-lookup.ts";
import { type AllowedDestinations, faultOfDestination } from "../../destinations.ts";
import { Failure } from "../../failure.ts";
import { readRetryAfter } from "../../retry-after.ts";
import type { Secret } from "../../secret.ts";
import { createConnector } from "./connect.ts";

/** A message to send; its id is the same at each attempt, so that a receiver can tell that it has it already. */
export interface Message {
  id: string;
  url: string;
  body: string;
}

/** How one attempt went. */
export interface Attempt {
  at: Date;
  durationMs: number;
  statusCode?: number;
  /** Our own words; absent for a success. */
  error?: string;
  /** What the receiver asks to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Trying again is of no use: it is gone, or must not be sent to. */
  final?: true;
}

/** Sends one message once. Never throws, but the signal's reason. */
export type Send = (message: Message, secrets: readonly Secret[], signal: AbortSignal) => Promise<Attempt>;

export interface SendOptions {
  allowed: AllowedDestinations;
  /** The longest an attempt may take, in milliseconds. */
  timeoutMs?: number;
  /** In place of the system's DNS. */
  resolve?: Resolve;
}

/** A receiver's answer is its status; of the rest this much is read, in bytes, so that it is not cut off in mid-word. */
const mostRead = 16_384;

/**
 * A sender by the Standard Webhooks specification (https://www.standardwebhooks.com): signed with each secret, any
 * 2xx is success, 410 means never again, and a redirect is a failure that is not followed.
 */
export function createSend({ allowed, timeoutMs = 15_000, resolve }: SendOptions): Send {
  const connect = createConnector({ allowed, timeoutMs, ...(resolve === undefined ? {} : { resolve }) });

  return async (message, secrets, signal) => {
    const at = new Date();
    const startedAt = performance.now();
    const attempt = (outcome: Omit<Attempt, "at" | "durationMs">): Attempt => ({
      at,
      durationMs: Math.round(performance.now() - startedAt),
      ...outcome,
    });
    const fault = faultOfDestination(message.url, allowed);
    if (fault !== undefined) return attempt({ error: `The webhook URL ${fault}.`, final: true });

    const timeout = AbortSignal.timeout(timeoutMs);
    const url = new URL(message.url);
    // A connection of its own for each: none that was checked for another name, or that went stale, is used again.
    const client = new Client(url.origin, { connect, pipelining: 0 });
    try {
      const response = await client.request({
        method: "POST",
        path: `${url.pathname}${url.search}`,
        headers: headersOf(message, { at, secrets }),
        body: message.body,
        signal: AbortSignal.any([signal, timeout]),
      });
      await response.body.dump({ limit: mostRead, signal: timeout }).catch(() => {});
      return attempt(judge(response));
    } catch (error) {
      if (signal.aborted && !timeout.aborted) throw signal.reason;
      return attempt(explain(error, { isLate: timeout.aborted, timeoutMs }));
    } finally {
      await client.destroy();
    }
  };
}

function headersOf({ id, body }: Message, { at, secrets }: { at: Date; secrets: readonly Secret[] }) {
  return {
    "content-type": "application/json",
    "user-agent": "latchkey",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret.reveal()).sign(id, at, body)).join(" "),
  };
}

function judge({ statusCode, headers }: Dispatcher.ResponseData): Omit<Attempt, "at" | "durationMs"> {
  if (statusCode >= 200 && statusCode < 300) return { statusCode };
  if (statusCode === 410)
    return { statusCode, error: "The receiver is gone (410): it is told nothing more.", final: true };
  if (statusCode >= 300 && statusCode < 400)
    return { statusCode, error: `The receiver redirects (${statusCode}); redirects are not followed.` };
  const retryAfterMs = readRetryAfter([headers["retry-after"]].flat()[0]);
  return {
    statusCode,
    error: `The receiver answered ${statusCode}.`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** What the system's codes mean, in words that follow "The receiver". */
const faults: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refuses connections",
  ECONNRESET: "broke the connection",
  EPIPE: "broke the connection",
  UND_ERR_SOCKET: "broke the connection",
  ENOTFOUND: "has a name that DNS does not know",
  EAI_AGAIN: "could not be looked up: DNS does not answer",
  EHOSTUNREACH: "cannot be reached from here",
  ENETUNREACH: "cannot be reached from here",
  ETIMEDOUT: "does not let itself be connected to",
  UND_ERR_CONNECT_TIMEOUT: "does not let itself be connected to",
  HPE_INVALID_CONSTANT: "does not speak HTTP",
};

function explain(
  error: unknown,
  { isLate, timeoutMs }: { isLate: boolean; timeoutMs: number },
): Pick<Attempt, "error" | "final"> {
  if (error instanceof Failure) return { error: error.message, final: true };
  if (isLate) return { error: `The receiver did not answer within ${timeoutMs / 1_000} s.` };
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code))
    return { error: `The receiver's certificate, or its TLS, is not acceptable (${code}).` };
  return { error: `The receiver ${faults[code] ?? "could not be told"} (${code}).` };
}
