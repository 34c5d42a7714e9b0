import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Keyring } from "../../identity/sealing/keyring.ts";

/** The channel on which servers ask whichever process works on a run to show it to somebody. */
export const liveChannel = "latchkey_live";

/** How long a call is good, in milliseconds: as long as clocks may differ. */
const callLifeMs = 60_000;
const purpose = "live calls";

const callSchema = z.object({
  /** Of the viewer's place at the server. */
  id: z.uuid(),
  runId: z.string(),
  mayAct: z.boolean(),
  /** Where the server can be reached, the likeliest first. */
  urls: z.array(z.url({ protocol: /^https?$/ })).max(4),
  calledAt: z.number(),
});

/** A server's request to be shown a run. */
export type LiveCall = z.output<typeof callSchema>;

/**
 * Servers and workers know one another by the master key. Whoever can only write to the database can neither make a
 * worker connect to where they like, nor take a worker's place.
 */
export interface LiveCalls {
  /** The call as it is sent: nothing in it is secret, and nothing of it can be changed. */
  sign(call: Omit<LiveCall, "calledAt">): string;
  /** Undefined for what no server of ours sent, or sent long ago. */
  read(payload: string): LiveCall | undefined;
  /** What the one who answers a call shows: good for that call alone. */
  answerTo(id: string): string;
  isAnswer(id: string, answer: string): boolean;
}

const envelopeSchema = z.object({ keyId: z.string(), mac: z.string(), call: z.string() });

export function createLiveCalls({ keyring }: { keyring: Pick<Keyring, "derive"> }): LiveCalls {
  const current = () => {
    const derived = keyring.derive(purpose);
    if (derived === undefined) throw new TypeError("The keyring has no current key.");
    return derived;
  };
  const macOf = (key: Buffer, what: string, text: string) =>
    createHmac("sha256", key)
      .update(JSON.stringify([what, text]))
      .digest("base64url");
  const isMac = (what: string, text: string, { keyId, mac }: { keyId: string; mac: string }) => {
    const key = keyring.derive(purpose, keyId)?.key;
    if (key === undefined) return false;
    const wanted = Buffer.from(macOf(key, what, text));
    const given = Buffer.from(mac);
    return wanted.length === given.length && timingSafeEqual(wanted, given);
  };

  return {
    sign(unsigned) {
      const { keyId, key } = current();
      const call = JSON.stringify({ ...unsigned, calledAt: Date.now() } satisfies LiveCall);
      return JSON.stringify({ keyId, mac: macOf(key, "call", call), call });
    },
    read(payload) {
      try {
        const { call: text, ...signature } = envelopeSchema.parse(JSON.parse(payload));
        if (!isMac("call", text, signature)) return undefined;
        const call = callSchema.parse(JSON.parse(text));
        return Math.abs(Date.now() - call.calledAt) < callLifeMs ? call : undefined;
      } catch {
        return undefined;
      }
    },
    answerTo(id) {
      const { keyId, key } = current();
      return `${keyId}.${macOf(key, "answer", id)}`;
    },
    isAnswer(id, answer) {
      const [keyId = "", mac = ""] = answer.split(".");
      return isMac("answer", id, { keyId, mac });
    },
  };
}
