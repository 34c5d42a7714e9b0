import { expect, test } from "vitest";
import { visitorOf } from "../../../src/http/connect/visitor.ts";

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::FFFF:cb00:7107", "203.0.113.7"],
  ["2001:DB8:0::1", "2001:db8::1"],
  ["unknown", null],
  ["", null],
])("a visitor from %j is seen at %j", (ip, address) => {
  expect(visitorOf({ ip, headers: { "user-agent": "Mozilla/5.0" } })).toEqual({
    address,
    userAgent: "Mozilla/5.0",
  });
  expect(visitorOf({ ip, headers: {} }).userAgent).toBeNull();
});
