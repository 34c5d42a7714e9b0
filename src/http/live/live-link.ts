import type { SessionScope, SessionTokens } from "../../session/tokens.ts";

/** How long a link to a live view is good, in milliseconds. */
const lifeMs = 60 * 60_000;

/**
 * A link to the live view of a session or a run, good for an hour. Whoever has it sees what it shows; the page takes
 * the token out of its address at once.
 * @param base where people reach the server, as `https://latchkey.example`
 */
export function liveLink(
  tokens: Pick<SessionTokens, "make">,
  { base, id, project, scope }: { base: string; id: string; project: string; scope: SessionScope },
): { url: string; expiresAt: Date } {
  const expiresAt = new Date(Date.now() + lifeMs);
  const url = new URL(`/live/${id}`, base);
  url.searchParams.set("token", tokens.make({ id, project, scope, lifeMs }).reveal());
  return { url: url.href, expiresAt };
}
