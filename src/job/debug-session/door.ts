import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { WebSocket } from "ws";
import type { HandedOutChromium } from "../../browser/handed-out/launch.ts";
import { Failure } from "../../failure.ts";
import { Secret } from "../../secret.ts";
import type { SessionEnd } from "./flow.ts";
import { type Relay, relayCdp } from "./relay.ts";

/** How long nobody may be connected, in milliseconds. */
const aloneMs = 60_000;
const tokenBytes = 32;

/** The way into one browser: one client at a time, by a token, until the session is over. */
export interface Door {
  /** Good until the session is over, so that a client may connect again. Only its hash stays here. */
  readonly token: Secret;
  readonly expiresAt: Date;
  /** @throws Failure `not_found` for another token, `conflict` where a client is connected */
  assertOpenTo(token: string): void;
  /** Lets a client in: ask `assertOpenTo` in the same turn of the event loop. */
  enter(client: WebSocket): void;
  /** Ends the session; the first reason stands. */
  end(reason: SessionEnd): void;
  /** Resolves when the session is over and the client is out. */
  readonly over: Promise<SessionEnd>;
}

export function openDoor({
  chromium,
  minutes,
  idleMs = aloneMs,
}: {
  chromium: HandedOutChromium;
  minutes: number;
  idleMs?: number | undefined;
}): Door {
  const token = new Secret(randomBytes(tokenBytes).toString("base64url"));
  const hash = hashOf(token.reveal());
  const { promise: ended, resolve } = Promise.withResolvers<SessionEnd>();
  let relay: Relay | undefined;
  let alone: NodeJS.Timeout | undefined;
  const forSaving = (by: SessionEnd["by"]) => () => resolve({ by, save: false });
  const leaveAlone = () => {
    clearTimeout(alone);
    alone = setTimeout(forSaving("nobody connected"), idleMs);
  };
  const late = setTimeout(forSaving("time limit"), minutes * 60_000);
  leaveAlone();

  const over = ended.then(async (reason) => {
    clearTimeout(late);
    relay?.close();
    await relay?.ended;
    clearTimeout(alone);
    return reason;
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });

  return {
    token,
    expiresAt: new Date(Date.now() + minutes * 60_000),
    assertOpenTo(given) {
      if (isOver || !timingSafeEqual(hash, hashOf(given)))
        throw new Failure("not_found", "There is no such debug session.");
      if (relay !== undefined) throw new Failure("conflict", "A client is connected to the debug session.");
    },
    enter(client) {
      clearTimeout(alone);
      const entered = relayCdp({ client, endpoint: chromium.endpoint, downloadsDir: chromium.downloadsDir });
      relay = entered;
      void entered.ended.then(() => {
        relay = undefined;
        leaveAlone();
      });
    },
    end: resolve,
    over,
  };
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
