import fc from "fast-check";
import { expect, test } from "vitest";
import { readMetadataFilter } from "../../../src/http/anchor/applications/metadata-filter.ts";

test("both ways of writing a filter are read", () => {
  expect(readMetadataFilter({ metadata: '{"plan":3}' })).toEqual([[{ plan: 3 }]]);
  expect(readMetadataFilter({ "metadata[plan]": "3", "metadata[a][b]": "x" })).toEqual([
    [{ plan: "3" }, { plan: 3 }],
    [{ a: { b: "x" } }],
  ]);
  expect(readMetadataFilter({ search: "x", "metadata[]": "1", metadatas: "2" })).toEqual([]);
});

test.each([
  { metadata: "" },
  { metadata: "null" },
  { metadata: "[1]" },
  { "metadata[a]": ["1", "2"] },
  Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`metadata[k${at}]`, "1"])),
  { "metadata[a][a][a][a][a][a][a][a][a]": "1" },
])("%j is refused", (query) => {
  expect(() => readMetadataFilter(query)).toThrow(/metadata filter/);
});

test("any object, written as JSON, is read as it is", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (metadata) => {
      const text = JSON.stringify(metadata);
      expect(readMetadataFilter({ metadata: text })).toEqual([[JSON.parse(text)]]);
    }),
  );
});
