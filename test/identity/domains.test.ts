import { expect, test } from "vitest";
import { domainFault, isLoopback, registrableDomain } from "../../src/identity/domains.ts";

test.each([
  ["login.example.co.uk", "example.co.uk"],
  ["EXAMPLE.com", "example.com"],
  ["ada.github.io", "ada.github.io"],
  ["deep.ada.github.io", "ada.github.io"],
  ["127.0.0.1", "127.0.0.1"],
  ["app.localhost", "app.localhost"],
  ["intranet", "intranet"],
])("the registrable domain of %s is %s", (host, domain) => {
  expect(registrableDomain(host)).toBe(domain);
});

test.each(["localhost", "a.localhost", "127.0.0.1", "127.255.1.2", "[::1]", "LOCALHOST"])(
  "%s is this machine",
  (host) => expect(isLoopback(host)).toBe(true),
);

test.each(["localhost.example.com", "127.0.0.1.nip.io", "128.0.0.1", "notlocalhost", "[::2]", "0.0.0.0"])(
  "%s is not this machine",
  (host) => expect(isLoopback(host)).toBe(false),
);

test.each(["example.com", "example.co.uk", "ada.github.io", "localhost", "192.0.2.1"])(
  "credentials may be allowed on %s",
  (domain) => expect(domainFault(domain)).toBeNull(),
);

test.each([
  ["co.uk", /public suffix/],
  ["github.io", /public suffix/],
  ["com", /public suffix/],
  ["intranet", /public suffix or a bare name/],
  ["login.example.com", /not a registrable domain/],
  ["https://example.com", /is not a domain/],
  ["example.com/path", /is not a domain/],
  ["example.com:443", /is not a domain/],
  ["", /is not a domain/],
  ["*.example.com", /is not/],
])("credentials may not be allowed on %j", (domain, fault) => {
  expect(domainFault(domain)).toMatch(fault);
});
