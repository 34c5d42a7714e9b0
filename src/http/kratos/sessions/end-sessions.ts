import type { HttpDeps } from "../../deps.ts";
import { type FoundSession, findSessions } from "./find-sessions.ts";

type Deps = Pick<HttpDeps, "database" | "sessions" | "identities">;

const atATime = 100;

/** Ends one: its browser is gone, and what the sites keep in it is not kept; or the saved state is forgotten. */
export async function endSession(
  { sessions, identities }: Deps,
  project: string,
  found: FoundSession,
): Promise<void> {
  if (found.kind === "browser") await sessions.end(project, found.record.id, { saveState: false });
  else await identities.clearState(found.identityId);
}

/** Ends all of an identity's that are not over; gives how many. */
export async function endSessionsOf(deps: Deps, project: string, identityId: string): Promise<number> {
  let ended = 0;
  for (;;) {
    const { found: open } = await findSessions(deps, {
      project,
      identityId,
      isActive: true,
      offset: 0,
      limit: atATime,
    });
    for (const found of open) await endSession(deps, project, found);
    ended += open.length;
    if (open.length < atATime) break;
  }
  // One that has lapsed, too.
  await deps.identities.clearState(identityId);
  return ended;
}
