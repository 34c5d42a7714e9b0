import { errorOf, LatchkeyError } from "./errors.ts";

/** Pauses before the second, third and fourth try, in milliseconds. */
const pauses = [250, 1_000, 4_000];
/** The longest pause a service may ask for, in milliseconds; what asks for more is told to the caller. */
const longestPauseMs = 30_000;

export interface ClientOptions {
  /** Where the service answers, as `http://127.0.0.1:4190`. */
  url: string;
  /** As `latchkey keys add` printed it. */
  apiKey: string;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** Sends requests to the service. */
export interface Http {
  /** The answer of 2xx. Tries again where the same request may be repeated. @throws LatchkeyError */
  send(path: string, options?: RequestOptions): Promise<Response>;
  /** The JSON of such an answer. */
  json<T>(path: string, options?: RequestOptions): Promise<T>;
}

/**
 * Requests that change nothing, and those with an `Idempotency-Key`, are tried four times in all where the service does
 * not answer, is at its limit or unavailable; `Retry-After` is kept to.
 */
export function createHttp({ url, apiKey, fetch: send = globalThis.fetch }: ClientOptions): Http {
  const base = url.endsWith("/") ? url : `${url}/`;

  async function once(path: string, options: RequestOptions): Promise<Response> {
    const target = new URL(path.replace(/^\//, ""), base);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    let response: Response;
    try {
      response = await send(target, {
        method: options.method ?? "GET",
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(options.body === undefined ? {} : { "content-type": "application/json" }),
          ...options.headers,
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        signal: options.signal ?? null,
      });
    } catch (cause) {
      options.signal?.throwIfAborted();
      throw new LatchkeyError(
        0,
        {
          code: "unreachable",
          message: `No answer came from ${target.origin}.`,
          advice: "Check the client's url, and that `latchkey start` or `latchkey server` runs there.",
          retryable: true,
        },
        { cause },
      );
    }
    if (response.ok) return response;
    throw await errorOf(response);
  }

  async function sendRequest(path: string, options: RequestOptions = {}): Promise<Response> {
    const repeatable =
      options.method === undefined ||
      options.method === "GET" ||
      options.headers?.["idempotency-key"] !== undefined;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await once(path, options);
      } catch (error) {
        const pause = pauses[attempt];
        if (!repeatable || pause === undefined || !(error instanceof LatchkeyError) || !isPassing(error)) {
          throw error;
        }
        const { retryAfterMs = 0 } = error;
        if (retryAfterMs > longestPauseMs) throw error;
        await sleep(Math.max(retryAfterMs, pause * (0.5 + Math.random())), options.signal);
      }
    }
  }

  return {
    send: sendRequest,
    json: async <T>(path: string, options?: RequestOptions) =>
      (await (await sendRequest(path, options)).json()) as T,
  };
}

/** Not what was asked is at fault, but the moment. */
const isPassing = ({ status }: LatchkeyError) =>
  status === 0 || status === 429 || status === 502 || status === 503 || status === 504;

/** Ends early, by the signal's reason, when it is aborted. */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  let stop: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      stop = () => reject(signal?.reason as Error);
      timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", stop, { once: true });
    });
  } finally {
    clearTimeout(timer);
    if (stop !== undefined) signal?.removeEventListener("abort", stop);
  }
}
