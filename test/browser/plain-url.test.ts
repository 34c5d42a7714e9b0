import fc from "fast-check";
import { expect, test } from "vitest";
import { plainUrl, withoutQueries } from "../../src/browser/plain-url.ts";

test.each([
  ["https://user:pw@shop.example:8443/a/b?code=1#token=2", "https://shop.example:8443/a/b"],
  ["http://[::1]:80/x;y?z", "http://[::1]/x;y"],
  ["about:blank", "about:blank"],
  ["data:text/html,secret", "data:"],
  ["blob:https://shop.example/1234", "blob:https://shop.example"],
  ["chrome-error://chromewebdata/", "chrome-error:"],
  ["", ""],
])("the plain form of %s is %s", (url, plain) => {
  expect(plainUrl(url)).toBe(plain);
});

test("text keeps its URLs without their queries", () => {
  expect(
    withoutQueries(
      'GET https://a.example/x?code=1&s=2 "http://u:p@b.example/#t" wss://c.example/s?k=1, http://u:p@d.example done?',
    ),
  ).toBe('GET https://a.example/x "http://b.example/" wss://c.example/s http://d.example done?');
});

/** Every character RFC 3986 allows in a query and a fragment. */
const legal = fc.string({ unit: fc.constantFrom(...Array.from("azAZ09-._~!$&'()*+,;=:@/?%41")) });

test("no query survives, whatever it holds", () => {
  fc.assert(
    fc.property(legal, legal, (query, fragment) => {
      const url = `https://shop.example/path?${query}#${fragment}`;
      expect(plainUrl(url)).toBe("https://shop.example/path");
      expect(withoutQueries(`see ${url} and <${url}>`)).toBe(
        "see https://shop.example/path and <https://shop.example/path>",
      );
    }),
  );
});
