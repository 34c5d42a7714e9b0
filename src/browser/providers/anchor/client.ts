import { Agent, request } from "undici";
import { Failure } from "../../../failure.ts";
import type { Logger } from "../../../log.ts";
import { readRetryAfter } from "../../../retry-after.ts";
import type { Secret } from "../../../secret.ts";

export interface AnchorRequest {
  method: "GET" | "POST" | "DELETE";
  /** From `/v1/` on; parts of it are encoded already. */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** What it is for, in the log: paths hold ids that are secrets. */
  purpose: string;
  signal: AbortSignal;
  /** Longest the answer may take, in milliseconds. */
  limitMs: number;
}

export interface AnchorAnswer {
  status: number;
  /** The body's JSON; undefined where it is none. */
  body: unknown;
  /** What the server asks to wait, in milliseconds. */
  retryAfterMs?: number;
}

/** Speaks HTTP to a server of Anchor's API. */
export interface AnchorClient extends AsyncDisposable {
  /** For the form of a CDP URL that a server's own answer lacks. */
  readonly baseUrl: string;
  /** One request, never tried again. @throws Failure `provider_unavailable` where no answer came; the signal's reason */
  send(request: AnchorRequest): Promise<AnchorAnswer>;
}

/** More than any answer that is of use here, in bytes. */
const mostRead = 2 ** 20;
const connectMs = 10_000;
const bodyMs = 30_000;

/**
 * A client of our own in place of Anchor's SDK: that one tries nothing again, waits up to twenty minutes for any
 * answer whatever it is told, logs bodies with credentials at its level `debug`, and brings a second Playwright along.
 */
export function createAnchorClient({
  baseUrl,
  apiKey,
  log,
}: {
  baseUrl: string;
  apiKey: Secret;
  log: Logger;
}): AnchorClient {
  // An answer to a session's creation may take as long as a login: each request has a limit of its own.
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: bodyMs, connect: { timeout: connectMs } });
  const base = baseUrl.replace(/\/+$/, "");

  return {
    baseUrl,
    async send({ method, path, query, body, purpose, signal, limitMs }) {
      signal.throwIfAborted();
      const late = AbortSignal.timeout(Math.ceil(limitMs));
      const startedAt = performance.now();
      const search = query === undefined ? "" : `?${new URLSearchParams(query)}`;
      try {
        // Redirects are not followed: the key goes to nobody else.
        const response = await request(`${base}${path}${search}`, {
          method,
          dispatcher: agent,
          signal: AbortSignal.any([signal, late]),
          headers: {
            "anchor-api-key": apiKey.reveal(),
            accept: "application/json",
            "user-agent": "latchkey",
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const { statusCode: status, headers } = response;
        const retryAfterMs = readRetryAfter([headers["retry-after"]].flat()[0]);
        const answer = { status, body: parse(await readSome(response.body)) };
        log.debug({ purpose, status, durationMs: since(startedAt) }, "the browser provider answered");
        return retryAfterMs === undefined ? answer : { ...answer, retryAfterMs };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const failure = noAnswer(error, late.aborted);
        log.debug({ purpose, reason: failure.message, durationMs: since(startedAt) }, "no answer");
        throw failure;
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

const since = (startedAt: number) => Math.round(performance.now() - startedAt);

/** The beginning of a body; what is longer than any answer of use is not read on. */
async function readSome(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostRead) break;
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An error's words may hold what was sent: its code is all that is taken over. */
function noAnswer(error: unknown, isLate: boolean): Failure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const why = isLate ? " in time" : /^[A-Z_]{3,40}$/.test(code) ? ` (${code})` : "";
  return new Failure("provider_unavailable", `The browser provider did not answer${why}.`);
}
