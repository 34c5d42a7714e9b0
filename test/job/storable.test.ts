import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJob } from "../../src/job/parse-job.ts";
import { unstorable } from "../../src/job/storable.ts";

test("JSON of well-formed text is storable", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "grapheme", maxDepth: 8 }), (value) => {
      fc.pre(!JSON.stringify(value).includes("\\u0000"));
      expect(unstorable(value)).toBeUndefined();
    }),
  );
});

test("a NUL or half a character is found wherever it stands, and told with its place", () => {
  const spoilt = fc
    .tuple(fc.string(), fc.constantFrom("\0", "\ud800", "\udfff"))
    .map(([text, bad]) => `${text}${bad}`);
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), spoilt, fc.boolean(), (value, text, asName) => {
      const data = { fine: value, list: [1, asName ? { [text]: 1 } : { word: text }] };
      expect(unstorable(data)?.message).toMatch(/NUL|surrogate/);
    }),
  );
  expect(unstorable({ input: { words: ["a", "b\0"] } })).toEqual({
    path: "data.input.words.1",
    message: "it holds a NUL character",
  });
  expect(unstorable(JSON.parse('{"n":1e999}'), "body")).toEqual({
    path: "body.n",
    message: "it is too large a number",
  });
});

test("data nested without a bottom is refused, not walked to the end of the stack", () => {
  let value: unknown = 1;
  for (let depth = 0; depth < 200_000; depth += 1) value = [value];
  expect(unstorable(value)?.message).toMatch(/more than 64 deep/);
  expect(() => parseJob({ flow: "a/b", identityId: "c", input: value })).toThrow(/nested more than 64 deep/);
});
