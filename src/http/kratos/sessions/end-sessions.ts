import { forgetState } from "../../../identity/states/forget-state.ts";
import type { Actor } from "../../../identity/types.ts";
import type { HttpDeps } from "../../deps.ts";
import { type FoundSession, findSessions } from "./find-sessions.ts";

type Deps = Pick<HttpDeps, "database" | "sessions">;

interface Ending {
  project: string;
  actor: Actor;
}

const atATime = 100;
/** More browsers than any identity has at once. */
const most = 10_000;

/** Ends one: its browser is gone, and what the sites keep in it is not kept; or the saved state is forgotten. */
export async function endSession(
  { sessions, database }: Deps,
  found: FoundSession,
  { project, actor }: Ending,
): Promise<void> {
  if (found.kind === "browser") await sessions.end(project, found.record.id, { saveState: false });
  else await forgetState(database.kysely, { project, identityId: found.identityId, actor });
}

/** Ends all of an identity's that are not over; gives how many. */
export async function endSessionsOf(
  deps: Deps,
  { identityId, ...ending }: Ending & { identityId: string },
): Promise<number> {
  const { project } = ending;
  const ended = new Set<string>();
  for (;;) {
    const { found: open } = await findSessions(deps, {
      project,
      identityId,
      isActive: true,
      offset: 0,
      limit: atATime,
    });
    const others = open.filter((found) => !ended.has(nameOf(found)));
    for (const found of others) {
      await endSession(deps, found, ending);
      ended.add(nameOf(found));
    }
    // What is still open after it was ended would be so for ever.
    if (open.length < atATime || others.length === 0 || ended.size >= most) break;
  }
  // One that has lapsed, too.
  await forgetState(deps.database.kysely, { identityId, ...ending });
  return ended.size;
}

const nameOf = (found: FoundSession): string =>
  found.kind === "browser" ? found.record.id : `state of ${found.identityId}`;
