import { Failure } from "../../../failure.ts";
import { isUuid } from "../../../identity/identity-input.ts";
import {
  countSavedStates,
  listSavedStates,
  type SavedStateFacts,
} from "../../../identity/states/list-saved-states.ts";
import type { SessionRecord, SessionStatus } from "../../../session/types.ts";
import type { HttpDeps } from "../../deps.ts";
import { identitiesMeantBy } from "./session-ids.ts";

/** One of an identity's sessions: a browser it is signed in to, or that it is signed in for its next run. */
export type FoundSession =
  | { kind: "browser"; record: SessionRecord; identityId: string }
  | { kind: "state"; state: SavedStateFacts; identityId: string };

type Deps = Pick<HttpDeps, "database" | "sessions">;

export interface SessionsQuery {
  project: string;
  identityId?: string | undefined;
  isActive?: boolean | undefined;
  offset: number;
  limit: number;
}

/** Those that browsers are handed out for; what is over stays listed for as long as its record does. */
export const activeStatuses: readonly SessionStatus[] = ["starting", "authenticating", "running", "ending"];
const overStatuses: readonly SessionStatus[] = ["ended", "failed"];

/** Browser sessions, the newest first, then saved states. A browser session of several identities is there once. */
export async function findSessions(
  { database, sessions }: Deps,
  { project, identityId, isActive, offset, limit }: SessionsQuery,
): Promise<{ found: FoundSession[]; total: number }> {
  const of = {
    // A browser that nobody is signed in to is no session of anybody's.
    ...(identityId === undefined ? { hasIdentity: true as const } : { identityId }),
    ...(isActive === undefined ? {} : { statuses: isActive ? activeStatuses : overStatuses }),
  };
  const browsers = await sessions.list(project, { ...of, newestFirst: true, offset, limit });
  const states = { project, identityId, isActive };
  const room = limit - browsers.sessions.length;
  const saved =
    room === 0
      ? []
      : await listSavedStates(database.kysely, {
          ...states,
          offset: Math.max(0, offset - browsers.total),
          limit: room,
        });
  return {
    found: [
      ...browsers.sessions.flatMap((record) => ofBrowser(record, identityId)),
      ...saved.map((state): FoundSession => ({ kind: "state", state, identityId: state.identityId })),
    ],
    total: browsers.total + (await countSavedStates(database.kysely, states)),
  };
}

/** Undefined where there is none of this id. */
export async function findSession(
  { database, sessions }: Deps,
  { project, id }: { project: string; id: string },
): Promise<FoundSession | undefined> {
  for (const identityId of identitiesMeantBy(id)) {
    const [state] = await listSavedStates(database.kysely, { project, identityId, limit: 1 });
    if (state !== undefined) return { kind: "state", state, identityId };
  }
  if (!isUuid(id)) return undefined;
  const record = await sessions.get(project, id).catch((error: unknown) => {
    if (error instanceof Failure && error.code === "not_found") return undefined;
    throw error;
  });
  return record === undefined ? undefined : ofBrowser(record, undefined)[0];
}

/** A browser that nobody is signed in to is no session of anybody's. */
function ofBrowser(record: SessionRecord, wanted: string | undefined): FoundSession[] {
  const identityId = wanted ?? record.identities[0]?.id;
  return identityId === undefined ? [] : [{ kind: "browser", record, identityId }];
}
