import { fillContext, inDefaultContext, readContext } from "../../browser/handed-out/default-context.ts";
import type { HandedOutChromium } from "../../browser/handed-out/launch.ts";
import { Failure } from "../../failure.ts";
import { defineFlow, type Flow } from "../../flow.ts";
import type { Identities } from "../../identity/identities.ts";
import type { SavedState } from "../../identity/types.ts";
import type { Logger } from "../../log.ts";
import { checkSignedIn } from "../../login/signed-in.ts";
import type { Site } from "../../login/site.ts";

/** The name its runs are recorded under. It runs in the server's own process, never queued. */
export const debugSessionFlowName = "latchkey/debug-session";

/** Why a debug session is over. */
export interface SessionEnd {
  by: "client" | "time limit" | "nobody connected" | "service stopped" | "cancelled";
  /** Whether what the site keeps in the browser now is to be the identity's saved state. */
  save: boolean;
}

export interface DebugSessionFlowOptions {
  identities: Pick<Identities, "loadState">;
  site: Site | undefined;
  launch: () => Promise<HandedOutChromium>;
  /** Lets the client at the browser. Resolves once it is let at it no longer. */
  hold: (chromium: HandedOutChromium, signal: AbortSignal) => Promise<SessionEnd>;
  log: Logger;
}

/**
 * Hands what a run has when its login is done — the state, signed in — to a browser of its own, and that to a client.
 * No credential was ever typed in that browser.
 */
export function debugSessionFlow({ identities, site, launch, hold, log }: DebugSessionFlowOptions): Flow {
  return defineFlow<unknown, { endedBy: SessionEnd["by"] }>({
    description: "Hand out a signed-in browser to be driven over CDP",
    async run({ session, identity, signal }) {
      const saved = await identities.loadState(identity.id);
      if (saved === null) throw lapsed();
      const state = await session.capture();
      // A page that goes on asking its site could renew what the other browser now holds.
      await session.page.goto("about:blank");

      await using chromium = await launch();
      const sourceUrl = saved.state.provedAt ?? identity.sourceUrl;
      await inDefaultContext(chromium.endpoint, async (context) => {
        const page = await fillContext(context, { state, log });
        const { signedIn } = await checkSignedIn({ page, sourceUrl, site, signal, log });
        if (!signedIn) throw lapsed();
      });
      const end = await hold(chromium, signal);
      if (end.save) await session.restore(await readBack(chromium, state, log));
      return { endedBy: end.by };
    },
  }) as Flow;
}

function readBack({ endpoint }: HandedOutChromium, before: SavedState, log: Logger): Promise<SavedState> {
  return inDefaultContext(endpoint, (context) => readContext(context, { before, log }));
}

function lapsed(): Failure {
  return new Failure(
    "session_lapsed",
    "The site keeps its login where no other browser can be given it: it cannot be debugged from elsewhere.",
  );
}
