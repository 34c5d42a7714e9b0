import { type ListedSession, readSessions, readTags } from "./answers.ts";
import type { AnchorClient } from "./client.ts";
import { refusalOf } from "./refusal.ts";

const limitMs = 10_000;
/** Servers that do not tell a session's tags in a list are asked for each; no more than so many. */
const mostAsked = 20;

/**
 * The sessions that carry a tag and may still be there. The server is asked to filter, and not believed: ending a
 * session of somebody else's would be worse than leaving one.
 * @throws Failure `provider_unavailable`, `provider_refused`, `provider_quota`
 */
export async function findTagged(
  client: AnchorClient,
  tag: string,
): Promise<(ListedSession & { tags: string[] })[]> {
  const get = async (path: string, query?: Record<string, string>) => {
    const answer = await client.send({
      method: "GET",
      path,
      ...(query === undefined ? {} : { query }),
      purpose: "look for a session",
      signal: AbortSignal.timeout(limitMs),
      limitMs,
    });
    if (answer.status !== 200) throw refusalOf(answer, { about: "session" });
    return answer.body;
  };
  const listed = readSessions(await get("/v1/sessions/all/status", { tags: tag }));
  const untold = listed.filter(({ tags }) => tags === undefined).slice(0, mostAsked);
  const asked = await Promise.all(
    untold.map(async ({ id }) => ({
      id,
      tags: readTags(await get(`/v1/sessions/${encodeURIComponent(id)}`)),
    })),
  );
  const told = listed.flatMap(({ id, tags }) => (tags === undefined ? [] : [{ id, tags }]));
  return [...told, ...asked].filter(({ tags }) => tags.includes(tag));
}
