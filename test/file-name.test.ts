import { basename } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeFileName, withNumber } from "../src/file-name.ts";

const suggestions = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.webUrl(),
  fc.string({ unit: "grapheme", minLength: 60 }),
);

describe("a safe file name", () => {
  test("names a file in one folder, whatever was suggested", () => {
    fc.assert(
      fc.property(suggestions, (suggested) => {
        const name = safeFileName(suggested);
        expect(basename(name)).toBe(name);
        expect(name).not.toMatch(/^\.|[/\\\0]|^$/);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
      }),
    );
  });

  test("is its own safe name", () => {
    fc.assert(
      fc.property(suggestions, (suggested) => {
        const name = safeFileName(suggested);
        expect(safeFileName(name)).toBe(name);
        expect(safeFileName(withNumber(name, 2))).toBe(withNumber(name, 2));
      }),
    );
  });

  test.each([
    ["Rechnung März.pdf", "Rechnung März.pdf"],
    ["請求書 2026.pdf", "請求書 2026.pdf"],
    ["..", "file"],
    [".htaccess", "htaccess"],
    ["a\u202Efdp.exe", "afdp.exe"],
    ["a:b*c?.txt", "a_b_c_.txt"],
    [`${"é".repeat(150)}.pdf`, `${"é".repeat(98)}.pdf`],
  ])("of %s is %s", (suggested, name) => {
    expect(safeFileName(suggested)).toBe(name);
  });

  test("takes a number before its ending", () => {
    expect([withNumber("report.pdf", 2), withNumber("report", 2)]).toEqual(["report (2).pdf", "report (2)"]);
  });
});
