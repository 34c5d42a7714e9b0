import type { BrowserContext, Page, Request, Response } from "playwright-core";
import { onEachPage } from "./each-page.ts";
import {
  type AuthenticatorTransport,
  type HeldCredential,
  openVirtualAuthenticator,
  type VirtualAuthenticator,
} from "./virtual-authenticator.ts";

/** A site may send what was made in a way that is not recognised: after so long without a refusal it counts as sent. */
const unseenMs = 10_000;

/** Tells of the passkeys that sites have made in a context. Disposing of it takes the authenticators away again. */
export interface PasskeyCreation extends AsyncDisposable {
  /** The first that a site made and did not refuse. Rejects when the last page is closed. */
  readonly made: Promise<HeldCredential>;
  /** Resolves when the pages there are have their authenticators: a site may ask as soon as its page is there. */
  readonly ready: Promise<void>;
}

/**
 * Lets sites make passkeys in all pages of a context: each page gets an authenticator of its own. A passkey counts as
 * made once the request that carries it was answered without an error.
 */
export function watchPasskeyCreation({
  context,
  transport,
  onRefused,
  closed,
}: {
  context: BrowserContext;
  transport: AuthenticatorTransport;
  /** A site answered a new passkey with an error of this status; what is made next is waited for. */
  onRefused: (status: number) => void;
  /** What `made` rejects with when nobody can make one any more. */
  closed: () => Error;
}): PasskeyCreation {
  const { promise: made, resolve, reject } = Promise.withResolvers<HeldCredential>();
  made.catch(() => {});
  const opening = new Map<Page, Promise<VirtualAuthenticator | undefined>>();
  let sent: HeldCredential | undefined;
  let unseen: NodeJS.Timeout | undefined;

  const onAdded = (credential: HeldCredential) => {
    sent = credential;
    clearTimeout(unseen);
    unseen = setTimeout(() => resolve(credential), unseenMs);
  };
  const onResponse = (response: Response) => {
    const credential = sent;
    if (credential === undefined || !carries(response.request(), credential.id)) return;
    if (response.status() < 400) return resolve(credential);
    clearTimeout(unseen);
    sent = undefined;
    onRefused(response.status());
  };
  const equip = (page: Page) => {
    const authenticator = openVirtualAuthenticator({ page, transports: [transport], onAdded }).catch(
      (error: unknown) => {
        // A page that is gone again needs none.
        if (!page.isClosed()) reject(error);
        return undefined;
      },
    );
    opening.set(page, authenticator);
    page.once("close", () => {
      opening.delete(page);
      if (opening.size === 0) reject(closed());
    });
  };
  onEachPage(context, equip);
  context.on("response", onResponse);

  return {
    made,
    ready: Promise.all(opening.values()).then(() => undefined),
    async [Symbol.asyncDispose]() {
      clearTimeout(unseen);
      context.off("page", equip);
      context.off("response", onResponse);
      for (const authenticator of opening.values()) await (await authenticator)?.[Symbol.asyncDispose]();
    },
  };
}

/** Whether a request sends a credential to the site: its id stands in the body, as base64url or base64. */
function carries(request: Request, id: string): boolean {
  const body = request.method() === "GET" ? null : request.postData();
  if (body === null) return false;
  const base64 = Buffer.from(id, "base64url").toString("base64").replace(/=+$/, "");
  return [id, base64, encodeURIComponent(base64), base64.replaceAll("/", "\\/")].some((form) =>
    body.includes(form),
  );
}
