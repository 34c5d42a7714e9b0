import { LatchkeyError } from "../../client/errors.ts";
import { createHttp } from "../../client/http.ts";
import { Failure, type FailureCode, failures } from "../../failure.ts";
import type { FlowContext } from "../../flow.ts";
import { Secret } from "../../secret.ts";

/** A browser that a service hands out, signed in. */
export interface RemoteBrowser {
  id: string;
  identity: FlowContext["identity"];
  /** Holds a token. */
  cdpUrl: Secret;
}

/** The debug sessions of a service somewhere else. What it refuses is a Failure of its code and words. */
export interface DebugService {
  open(request: { identityId: string; minutes: number }, signal: AbortSignal): Promise<RemoteBrowser>;
  end(id: string, options: { save: boolean }): Promise<void>;
}

/** How long the end of a session is waited for, in milliseconds; without it the service ends it a minute later. */
const endMs = 20_000;

export function createDebugService({ url, apiKey }: { url: URL; apiKey: Secret }): DebugService {
  const http = createHttp({ url: url.href, apiKey: apiKey.reveal() });
  return {
    async open(request, signal) {
      const session = await told(
        http.json<{ id: string; identity: RemoteBrowser["identity"]; cdpUrl: string }>("v1/debug-sessions", {
          method: "POST",
          body: request,
          signal,
        }),
      );
      const { id, identity } = session;
      return { id, identity, cdpUrl: new Secret(asSeenFromHere(url, session.cdpUrl)) };
    },
    async end(id, { save }) {
      const options = {
        method: "DELETE" as const,
        query: { save: String(save) },
        signal: AbortSignal.timeout(endMs),
      };
      await told(http.send(`v1/debug-sessions/${id}`, options));
    },
  };
}

/** The service knows its path, and not always the way to it: proxies stand between. */
function asSeenFromHere(service: URL, cdpUrl: string): string {
  const { pathname, search } = new URL(cdpUrl);
  const here = new URL(`${pathname.slice(1)}${search}`, service);
  here.protocol = service.protocol === "https:" ? "wss:" : "ws:";
  return here.href;
}

async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error;
    const { code, message, retryable } = error;
    if (isFailureCode(code)) throw new Failure(code, `The service says: ${message}`, { retryable });
    throw new Failure("provider_unavailable", message);
  }
}

const isFailureCode = (code: string): code is FailureCode => Object.hasOwn(failures, code);
