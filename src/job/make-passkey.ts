import { watchPasskeyCreation } from "../browser/passkey-creation.ts";
import { type HeldCredential } from "../browser/virtual-authenticator.ts";
import { Failure } from "../failure.ts";
import { defineFlow, type Flow } from "../flow.ts";
import { passkeyOf } from "../identity/credentials/passkey-of.ts";
import type { RevealedPasskey } from "../identity/types.ts";

/** The flow in whose session the site makes a passkey for the identity. It runs where a person can watch, never queued. */
export const makePasskeyFlowName = "latchkey/make-passkey";

/**
 * Waits, in a session signed in as the identity, until the site has made a passkey: somebody presses its button, or
 * the page at `url` makes one by itself. Its result names the domain and nothing else.
 */
export function makePasskeyFlow({
  url,
  securityKey,
  timeoutMs,
  onMade,
}: {
  url: string | undefined;
  /** Answer as a key that is plugged in, for sites that take no passkey of the device. */
  securityKey: boolean;
  timeoutMs: number;
  /** Keeps it; the flow has succeeded when this has. */
  onMade: (passkey: RevealedPasskey) => Promise<void>;
}): Flow {
  return defineFlow<unknown, { rpId: string }>({
    description: "Let the site make a passkey for the identity, and keep it",
    async run({ page, context, step, log }) {
      await using creation = watchPasskeyCreation({
        context,
        transport: securityKey ? "usb" : "internal",
        onRefused: (status) => log.warn({ status }, "the site refused the passkey it had made"),
        closed: () => new Failure("cancelled", "The window was closed before the site had made a passkey."),
      });
      await creation.ready;
      if (url !== undefined) await step("open the page", () => page.goto(url));
      const held = await step("wait until the site has made a passkey", () =>
        inTime(creation.made, timeoutMs),
      );
      const passkey = read(held);
      await step("keep it", () => onMade(passkey));
      return { rpId: passkey.rpId };
    },
  }) as Flow;
}

async function inTime<T>(made: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new Failure(
            "flow_timed_out",
            `The site made no passkey within ${Math.round(timeoutMs / 1_000)} seconds.`,
          ),
        ),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([made, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What cannot be read is not quoted: it is a private key. */
function read(held: HeldCredential): RevealedPasskey {
  try {
    return passkeyOf(held);
  } catch {
    throw new Failure("flow_failed", "The passkey that the site made has a key of an unknown kind.");
  }
}
