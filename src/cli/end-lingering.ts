import type { Logger } from "../log.ts";

/** How long what a flow left running may keep the process after everything of ours is closed, in milliseconds. */
const lingerMs = 2_000;

/** Ends the process in a while, should something — a flow's timer, its open connection — still keep it from ending. */
export function endLingering(log: () => Logger): void {
  setTimeout(() => {
    log().error(
      { resources: process.getActiveResourcesInfo() },
      "something that a flow started still runs; ending without it",
    );
    process.exit();
  }, lingerMs).unref();
}
