import type { CDPSession, Page } from "playwright-core";
import { type IsAllowed, originNotAllowed } from "./allowed-origin.ts";
import type { LoginCredentials } from "./site.ts";

type Response =
  | { response: "CancelAuth" | "Default" }
  | { response: "ProvideCredentials"; username: string; password: string };

/**
 * Answers the site's HTTP challenge (RFC 9110 §11: Basic, Digest) once while `visit` opens the page. A challenge of an
 * origin that may not have the credentials, and a second one, are declined: the page then is the site's 401.
 * Chromium remembers what was accepted for as long as the context lives. Throws `origin_not_allowed`.
 */
export async function answerHttpChallenge({
  page,
  credentials,
  isAllowed,
  onSubmit,
  visit,
}: {
  page: Page;
  credentials: LoginCredentials;
  isAllowed: IsAllowed;
  /** Called just before the password leaves. */
  onSubmit: () => void;
  visit: () => Promise<void>;
}): Promise<void> {
  const username = await credentials.username();
  const password = await credentials.password();
  let answered = false;
  let foreign: string | undefined;
  const cdp = await page.context().newCDPSession(page);
  using ending = new DisposableStack();
  // Not waited for: it would wait for the page's scripts, and there is nothing left to answer.
  ending.defer(() => quietly(cdp.detach()));
  await handleChallenges({
    cdp,
    resourceTypes: ["Document"],
    respond({ origin }) {
      if (!isAllowed(origin)) foreign = origin;
      if (answered || foreign !== undefined) return { response: "CancelAuth" };
      answered = true;
      onSubmit();
      return { response: "ProvideCredentials", username: username.reveal(), password: password.reveal() };
    },
  });
  await visit();
  if (foreign !== undefined) throw originNotAllowed(foreign);
}

/**
 * Declines challenges to the page's own requests for data: on one, Chromium would ask the user, and a page that waits
 * for a synchronous request would hang for ever. The page sees the 401 instead.
 */
export function declineDataChallenges(cdp: CDPSession): Promise<void> {
  return handleChallenges({
    cdp,
    resourceTypes: ["XHR", "Fetch"],
    respond: () => ({ response: "CancelAuth" }),
  });
}

async function handleChallenges({
  cdp,
  resourceTypes,
  respond,
}: {
  /** A session of its own: interception ends when it is detached, and what is paused goes on by itself. */
  cdp: CDPSession;
  resourceTypes: ("Document" | "XHR" | "Fetch")[];
  respond: (challenge: { origin: string }) => Response;
}): Promise<void> {
  cdp.on("Fetch.requestPaused", ({ requestId }) => quietly(cdp.send("Fetch.continueRequest", { requestId })));
  cdp.on("Fetch.authRequired", ({ requestId, authChallenge }) => {
    const authChallengeResponse: Response =
      authChallenge.source === "Proxy" ? { response: "Default" } : respond({ origin: authChallenge.origin });
    quietly(cdp.send("Fetch.continueWithAuth", { requestId, authChallengeResponse }));
  });
  await cdp.send("Fetch.enable", {
    handleAuthRequests: true,
    patterns: resourceTypes.map((resourceType) => ({ urlPattern: "*", resourceType })),
  });
}

/** A request that is gone meanwhile, or a page that is, needs no answer. */
function quietly(sent: Promise<unknown>): void {
  sent.catch(() => {});
}
