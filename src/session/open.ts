import type { Browsers } from "../browser/open-browsers.ts";
import type { Config } from "../config.ts";
import type { Keyring } from "../identity/sealing/keyring.ts";
import { createProfiles, type Profiles } from "./profiles.ts";
import { createSessionFiles } from "./session-files.ts";
import { createSessionStore } from "./session-store.ts";
import { openSessions } from "./sessions.ts";
import type { StartDeps } from "./start-session.ts";
import type { Sessions } from "./types.ts";

export interface SessionServiceOptions
  extends Omit<
    StartDeps,
    "store" | "files" | "pool" | "videos" | "worker" | "codeTimeoutMs" | "loginTimeoutMs"
  > {
  config: Pick<Config, "codeTimeoutMs" | "loginTimeoutMs" | "mostSessions">;
  keyring: Keyring;
  /** Asked for with the first session only. */
  browsers: () => Promise<Browsers>;
  processName: string;
}

/** The sessions of a process, and the profiles they start with. Closing the sessions ends them. */
export async function openSessionService({
  config: { codeTimeoutMs, loginTimeoutMs, mostSessions: most },
  keyring,
  browsers,
  processName: worker,
  ...deps
}: SessionServiceOptions): Promise<{ sessions: Sessions; profiles: Profiles }> {
  const db = deps.database.kysely;
  const profiles = createProfiles({ db, keyring });
  const sessions = await openSessions({
    ...deps,
    codeTimeoutMs,
    loginTimeoutMs,
    worker,
    store: createSessionStore(db),
    files: createSessionFiles(db),
    pool: async () => (await browsers()).handedOut,
    videos: async () => (await browsers()).videos,
    profiles,
    most,
  });
  return { sessions, profiles };
}
