import { parse as parseOtpauth } from "@otplib/uri";
import type { OneTimePasswordAlgorithm } from "../types.ts";

/** A TOTP secret with everything a code is computed from (RFC 6238). */
export interface Authenticator {
  /** Base32, upper case, without spaces and padding. */
  secret: string;
  algorithm: OneTimePasswordAlgorithm;
  digits: number;
  periodSeconds: number;
}

export interface AuthenticatorInput {
  /** Base32, or an `otpauth://totp/…` URI. */
  secret: string;
  algorithm?: OneTimePasswordAlgorithm | undefined;
  digits?: number | undefined;
  periodSeconds?: number | undefined;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * Reads an authenticator as sites hand it out: base32 in any case, with spaces, hyphens or missing padding, or the
 * URI of the QR code, whose parameters then win. Never repeats the secret in a fault.
 */
export function parseAuthenticator(
  input: AuthenticatorInput,
): { ok: true; authenticator: Authenticator } | { ok: false; fault: string } {
  const text = input.secret.trim();
  let fromUri: ReturnType<typeof parseOtpauth>["params"] | undefined;
  if (/^otpauth:/i.test(text)) {
    const uri = parseUri(text);
    if (!uri.ok) return uri;
    fromUri = uri.params;
  }
  const secret = canonicalBase32(fromUri?.secret ?? text);
  if (secret === null) {
    return {
      ok: false,
      fault: "is not base32 (letters A–Z and digits 2–7, RFC 4648): copy the site's setup key again",
    };
  }
  return {
    ok: true,
    authenticator: {
      secret,
      algorithm: fromUri?.algorithm ?? input.algorithm ?? "sha1",
      digits: fromUri?.digits ?? input.digits ?? 6,
      periodSeconds: fromUri?.period ?? input.periodSeconds ?? 30,
    },
  };
}

function parseUri(
  text: string,
): { ok: true; params: ReturnType<typeof parseOtpauth>["params"] } | { ok: false; fault: string } {
  // The scheme and type are case-insensitive in a URI; the parser wants them in lower case.
  const uri = text.replace(/^otpauth:\/\/[a-z]+/i, (start) => start.toLowerCase());
  if (uri.startsWith("otpauth://hotp")) {
    return {
      ok: false,
      fault:
        "is counter-based (hotp): only time-based codes (totp) can be computed without the site's counter",
    };
  }
  try {
    return { ok: true, params: parseOtpauth(uri).params };
  } catch {
    // The parser's message repeats the URI, with the secret in it.
    return {
      ok: false,
      fault:
        "is not a usable otpauth URI: it needs otpauth://totp/<label>?secret=…, with algorithm SHA1, SHA256 or SHA512, digits 6–8 and a period of at least 1 if given",
    };
  }
}

/**
 * Base32 without spaces, hyphens, padding and stray last bits, or null. Sites also hand out secrets whose last
 * digit has bits beyond the last byte; decoders differ in whether they take those, so they are cleared here.
 */
function canonicalBase32(text: string): string | null {
  const digits = text.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase();
  if (!/^[A-Z2-7]+$/.test(digits)) return null;
  const strayBits = (digits.length * 5) % 8;
  // RFC 4648 §6: a last group of 1, 3 or 6 digits cannot come from whole bytes.
  if (strayBits >= 5) return null;
  const last = alphabet.indexOf(digits.slice(-1));
  return digits.slice(0, -1) + alphabet.charAt((last >> strayBits) << strayBits);
}
