import fc from "fast-check";
import { expect, test } from "vitest";
import { prose } from "../../src/cli/prose.ts";

const terminal = (columns: number) => ({ isTTY: true, columns }) as NodeJS.WriteStream;
const pipe = {} as NodeJS.WriteStream;

test("a terminal's lines break between words, and a word too long for any line stands alone", () => {
  const text = "Set CHROMIUM_PATH to one that is here already.\nSee docs/settings.md.";
  expect(prose(terminal(24), text, "  ").split("\n")).toEqual([
    "Set CHROMIUM_PATH to",
    "  one that is here",
    "  already.",
    "  See docs/settings.md.",
  ]);
  expect(prose(terminal(24), "a very-long-word-that-fits-nowhere-at-all b", "")).toBe(
    "a\nvery-long-word-that-fits-nowhere-at-all\nb",
  );
});

test("a pipe's lines are not broken", () => {
  expect(prose(pipe, `${"word ".repeat(50)}end\nnext`, "    ")).toBe(`${"word ".repeat(50)}end\n    next`);
});

test("no word is lost and none is split, whatever the width", () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 20, max: 200 }), (words, columns) => {
      const lines = prose(terminal(columns), words.join(" "), "").split("\n");
      expect(lines.join(" ")).toBe(words.join(" "));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }),
  );
});
