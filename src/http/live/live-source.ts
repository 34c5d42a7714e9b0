import type { ViewerSocket } from "../../browser/screencast/viewer-socket.ts";
import type { SessionScope } from "../../session/tokens.ts";

/** Something that can be looked at: a session's browser, a run's page. */
export interface LiveSource {
  what: "session" | "run";
  /** Shows it to a viewer until the viewer has gone or there is nothing to be seen any more. Never throws. */
  show(viewer: ViewerSocket, scope: SessionScope): Promise<void>;
}

/** Finds what of a project goes by an id; undefined for what is not there, or is another's. */
export type FindLiveSource = (project: string, id: string) => Promise<LiveSource | undefined>;
