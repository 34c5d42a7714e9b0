import fc from "fast-check";
import { ScureBase32Plugin } from "otplib";
import { describe, expect, test } from "vitest";
import { parseAuthenticator } from "../../../src/identity/credentials/authenticator.ts";

const base32 = new ScureBase32Plugin();

function parsed(input: Parameters<typeof parseAuthenticator>[0]) {
  const result = parseAuthenticator(input);
  if (!result.ok) throw new Error(result.fault);
  return result.authenticator;
}

function faultOf(input: Parameters<typeof parseAuthenticator>[0]): string {
  const result = parseAuthenticator(input);
  if (result.ok) throw new Error("was accepted");
  return result.fault;
}

describe("a base32 secret", () => {
  test("is read in any case, grouped in any way, with or without padding", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom("", " ", "-"),
        (bytes, padding, lower, between) => {
          const written = base32.encode(bytes, { padding });
          const groups = (lower ? written.toLowerCase() : written).match(/.{1,4}/g) ?? [];
          const { secret } = parsed({ secret: ` ${groups.join(between)} ` });
          expect(base32.decode(secret)).toEqual(bytes);
        },
      ),
    );
  });

  test("whose last digit says more than whole bytes is read as the same bytes", () => {
    // 16 bytes take 26 digits, whose last holds 2 bits too many.
    const canonical = base32.encode(Buffer.alloc(16, 7));
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const last = digits.indexOf(canonical.slice(-1));
    for (const stray of [1, 2, 3]) {
      const { secret } = parsed({ secret: canonical.slice(0, -1) + digits.charAt(last + stray) });
      expect(secret).toBe(canonical);
    }
  });

  test.each(["", "ABC0", "ABC1", "ABC8", "A", "ABCDEFGHA", "JBSWY3DP!", "é"])("%j is refused", (secret) => {
    expect(faultOf({ secret })).toMatch(/base32/);
  });

  test("has the usual parameters unless told otherwise", () => {
    const secret = "JBSWY3DPEHPK3PXP";
    expect(parsed({ secret })).toEqual({ secret, algorithm: "sha1", digits: 6, periodSeconds: 30 });
    expect(parsed({ secret, algorithm: "sha512", digits: 8, periodSeconds: 1 })).toEqual({
      secret,
      algorithm: "sha512",
      digits: 8,
      periodSeconds: 1,
    });
  });
});

describe("an otpauth URI", () => {
  const uri = (query: string) => `otpauth://totp/ACME%20Co:ada@example.com?${query}`;

  test("brings its own parameters, which win", () => {
    expect(
      parsed({
        secret: uri("secret=jbswy3dpehpk3pxp&issuer=ACME&algorithm=SHA256&digits=8&period=45"),
        algorithm: "sha1",
        digits: 6,
        periodSeconds: 30,
      }),
    ).toEqual({ secret: "JBSWY3DPEHPK3PXP", algorithm: "sha256", digits: 8, periodSeconds: 45 });
  });

  test("leaves to the rest what it does not say", () => {
    expect(parsed({ secret: uri("secret=JBSWY3DPEHPK3PXP"), digits: 7, periodSeconds: 60 })).toEqual({
      secret: "JBSWY3DPEHPK3PXP",
      algorithm: "sha1",
      digits: 7,
      periodSeconds: 60,
    });
  });

  test("is recognised in any case", () => {
    expect(parsed({ secret: "OTPAUTH://TOTP/x?secret=JBSWY3DPEHPK3PXP" }).secret).toBe("JBSWY3DPEHPK3PXP");
  });

  test("of a counter is refused, saying so", () => {
    expect(faultOf({ secret: "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1" })).toMatch(
      /counter-based \(hotp\)/,
    );
  });

  test.each([
    "secret=JBSWY3DPEHPK3PXP&digits=9",
    "secret=JBSWY3DPEHPK3PXP&period=0",
    "secret=JBSWY3DPEHPK3PXP&algorithm=MD5",
    "secret=JBSWY3DPEHPK3PX0",
    "issuer=ACME",
  ])("with %s is refused without its secret being repeated", (query) => {
    expect(faultOf({ secret: uri(query) })).not.toContain("JBSWY3DP");
  });
});
