import { Failure } from "../../failure.ts";

/**
 * Why an endpoint let nobody connect. Playwright's message quotes the URL, and with it any key in it: only the
 * error's code and the HTTP status are taken over.
 */
export function connectFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : "";
  const status = Number(/\b(?:status |ws:\S+ |wss:\S+ )([1-5]\d\d)\b/.exec(message)?.[1] ?? 0);
  if (status === 401 || status === 403)
    return new Failure("provider_refused", `The browser provider refused the connection (HTTP ${status}).`);
  if (status === 402 || status === 429)
    return new Failure("provider_quota", `The browser provider's limit is reached (HTTP ${status}).`, {
      // How many may be connected, or how often: both pass.
      retryable: status === 429,
    });
  if (status !== 0)
    return new Failure("provider_unavailable", `The browser provider answered with HTTP ${status}.`);
  const code =
    /\b(E[A-Z]{4,}|ERR_[A-Z_]+)\b/.exec(message)?.[1] ?? (/timeout/i.test(message) ? "timed out" : undefined);
  return new Failure(
    "provider_unavailable",
    `The browser provider let nobody connect${code === undefined ? "" : ` (${code})`}.`,
  );
}
