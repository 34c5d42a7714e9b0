import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AllowedDestinations,
  faultOfDestination,
  isPublicAddress,
  mayConnect,
  parseAllowedDestinations,
} from "../src/destinations.ts";

const allow = (text: string): AllowedDestinations => {
  const parsed = parseAllowedDestinations(text);
  expect.assert(parsed !== undefined, text);
  return parsed;
};
const nothing = allow("");

describe("addresses", () => {
  test.each(["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "[2a00:1450:4001::200e]", "::ffff:8.8.8.8"])(
    "%s is public",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  test.each([
    "127.0.0.1",
    "127.255.0.3",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "5f00::1",
    "not an address",
    "",
  ])("%s is not", (address) => expect(isPublicAddress(address)).toBe(false));

  test("no way to write an address of a private range passes", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const privates = fc.oneof(
      fc.tuple(fc.constant(10), octet, octet, octet),
      fc.tuple(fc.constant(127), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    );
    fc.assert(
      fc.property(privates, fc.integer({ min: 0, max: 5 }), ([a, b, c, d], form) => {
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        const hex = number.toString(16).padStart(8, "0");
        const forms = [
          `${a}.${b}.${c}.${d}`,
          String(number),
          `0x${hex}`,
          `0${number.toString(8)}`,
          `${a}.${b * 65_536 + c * 256 + d}`,
          `[::ffff:${hex.slice(0, 4)}:${hex.slice(4)}]`,
        ];
        expect(faultOfDestination(`https://${forms[form]}/hook`, nothing)).toContain("is not public");
      }),
    );
  });
});

describe("URLs", () => {
  test.each([
    ["http://example.com/", "is not https"],
    ["https://me:secret@example.com/", "carries a username or password"],
    ["https://me@example.com/", "carries a username or password"],
    ["ftp://example.com/", "is neither https nor http"],
    ["file:///etc/passwd", "is neither https nor http"],
    ["https://localhost/", "is not public"],
    ["https://a.LOCALHOST./", "is not public"],
    ["https://127.1/", "is not public"],
    ["https://[::1]/", "is not public"],
    ["https://169.254.169.254/latest/meta-data", "is not public"],
    ["nonsense", "is not a URL"],
  ])("%s %s", (url, fault) => expect(faultOfDestination(url, nothing)).toContain(fault));

  test.each(["https://example.com/hook?token=x", "https://93.184.215.14:8443/"])("%s is fine", (url) =>
    expect(faultOfDestination(url, nothing)).toBeUndefined(),
  );

  test("a listed host may be spoken to without TLS, wherever it leads; others as before", () => {
    const listed = allow("hooks.internal, *.corp.example");
    expect(faultOfDestination("http://hooks.internal:8080/x", listed)).toBeUndefined();
    expect(faultOfDestination("http://a.b.corp.example/", listed)).toBeUndefined();
    expect(faultOfDestination("http://corp.example/", listed)).toContain("is not https");
    expect(faultOfDestination("http://evilcorp.example/", listed)).toContain("is not https");
    expect(mayConnect({ hostname: "HOOKS.internal", address: "10.1.2.3" }, listed)).toBe(true);
    expect(mayConnect({ hostname: "other.internal", address: "10.1.2.3" }, listed)).toBe(false);
  });

  test("a listed range lets its addresses in, however they are written, and no others", () => {
    const listed = allow("10.0.0.0/8, ::1, fd00::/8");
    for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "::1", "fd12::1"])
      expect(mayConnect({ hostname: "x.example", address }, listed), address).toBe(true);
    for (const address of ["172.16.0.1", "127.0.0.1", "192.168.0.1", "fe80::1"])
      expect(mayConnect({ hostname: "x.example", address }, listed), address).toBe(false);
    expect(faultOfDestination("http://10.1.2.3/", listed)).toBeUndefined();
    expect(faultOfDestination("http://localhost/", allow("127.0.0.0/8"))).toBeUndefined();
  });

  test("`*` lets everything in, and an entry that is none is refused", () => {
    expect(faultOfDestination("http://169.254.169.254/", allow("*"))).toBeUndefined();
    for (const text of ["10.0.0.0/33", "http://x", "a b", "10.0.0", "a,,!"])
      expect(parseAllowedDestinations(text), text).toBeUndefined();
  });
});
