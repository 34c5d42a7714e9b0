import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Keyring } from "../identity/sealing/keyring.ts";
import { Secret } from "../secret.ts";

/**
 * What a holder may do: look at the live view; act in it with mouse and keys, where the pages' own links lead; or drive:
 * go to any address, and connect over CDP. `act` is for people of whom nothing is known but that they are to sign in.
 */
export const sessionScopes = ["view", "act", "drive"] as const;
export type SessionScope = (typeof sessionScopes)[number];

/** Leave to look at, or act in, one session or run. */
export interface SessionGrant {
  project: string;
  scope: SessionScope;
}

/** Makes and checks tokens for one session or run, so that no API key needs to be in a URL. */
export interface SessionTokens {
  /**
   * Made of `[A-Za-z0-9_-]` alone, because CDP clients put it into URLs as it is.
   * @param grant.id a session's or a run's
   * @param grant.once whether it is good for one `check` only, as far as this process knows
   */
  make(grant: SessionGrant & { id: string; lifeMs: number; once?: boolean }): Secret;
  /** Undefined for a token that is malformed, forged, lapsed, another's, or was used and good for once. */
  check(text: string, id: string): SessionGrant | undefined;
  /** As `check`, but one that is good for once is as good as before. */
  peek(text: string, id: string): SessionGrant | undefined;
}

const purpose = "session tokens";
/** Tells a token from an API key at a glance, in places that take either. */
const prefix = "lks_";
const macBytes = 32;
const keyIdBytes = 6;
const longest = 1_000;

interface Claims {
  id: string;
  project: string;
  scope: SessionScope;
  /** Epoch seconds. */
  expires: number;
  /** Present where it is good for once. */
  nonce?: string;
}

/** Whether a text is meant as a session token, good or not. */
export function looksLikeSessionToken(text: string): boolean {
  return text.startsWith(prefix);
}

/** Tokens signed under a key made from the master key: good on every server, with nothing stored. */
export function createSessionTokens({ keyring }: { keyring: Pick<Keyring, "derive"> }): SessionTokens {
  const used = new Map<string, number>();

  const forgetLapsed = (now: number) => {
    for (const [nonce, expires] of used) if (expires < now) used.delete(nonce);
  };

  const goodClaims = (text: string, id: string): Claims | undefined => {
    const claims = verify(keyring, text);
    if (claims === undefined || claims.id !== id || claims.expires * 1_000 <= Date.now()) return undefined;
    return claims.nonce !== undefined && used.has(claims.nonce) ? undefined : claims;
  };

  return {
    make({ lifeMs, once = false, id, project, scope }) {
      const { keyId, key } = keyring.derive(purpose) ?? {};
      if (keyId === undefined || key === undefined) throw new TypeError("The keyring has no current key.");
      const expires = Math.ceil((Date.now() + lifeMs) / 1_000);
      const nonce = once ? { nonce: randomBytes(12).toString("base64url") } : {};
      const claims = Buffer.from(JSON.stringify({ id, project, scope, expires, ...nonce } satisfies Claims));
      const signed = Buffer.concat([Buffer.from(keyId, "hex"), macOf(key, claims), claims]);
      return new Secret(prefix + signed.toString("base64url"));
    },

    check(text, id) {
      const claims = goodClaims(text, id);
      if (claims?.nonce !== undefined) {
        forgetLapsed(Math.floor(Date.now() / 1_000));
        used.set(claims.nonce, claims.expires);
      }
      return claims && { project: claims.project, scope: claims.scope };
    },

    peek(text, id) {
      const claims = goodClaims(text, id);
      return claims && { project: claims.project, scope: claims.scope };
    },
  };
}

function verify(keyring: Pick<Keyring, "derive">, text: string): Claims | undefined {
  if (!looksLikeSessionToken(text) || text.length > longest) return undefined;
  const signed = Buffer.from(text.slice(prefix.length), "base64url");
  const key = keyring.derive(purpose, signed.subarray(0, keyIdBytes).toString("hex"))?.key;
  const mac = signed.subarray(keyIdBytes, keyIdBytes + macBytes);
  const claims = signed.subarray(keyIdBytes + macBytes);
  if (key === undefined || mac.length !== macBytes || !timingSafeEqual(mac, macOf(key, claims)))
    return undefined;
  // Signed by us, so it has the shape we gave it.
  return JSON.parse(claims.toString()) as Claims;
}

function macOf(key: Buffer, claims: Buffer): Buffer {
  return createHmac("sha256", key).update(claims).digest();
}
