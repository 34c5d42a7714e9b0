import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type CliContext, createCliContext } from "../../src/cli/context.ts";
import { fields, table } from "../../src/cli/table.ts";

/** A context whose standard output is a terminal so wide, or a pipe. */
function writingTo(columns?: number): CliContext {
  const out = Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns });
  const stdout = out as unknown as NodeJS.WriteStream;
  return createCliContext({ env: {}, stdin: process.stdin, stdout, stderr: process.stderr });
}

const columns = [
  { head: "RUN" },
  { head: "FLOW", least: 6 },
  { head: "IDENTITY", least: 8 },
  { head: "TOOK" },
];
const rows = [
  ["3f2a91bc", "practice/download-statement", "ada", "2.13 s"],
  ["9b0c44de", "web/capture", "somebody-with-a-long-name", "84 ms"],
];

test("a pipe is given every cell whole, without spaces at the ends of lines", () => {
  expect(table(writingTo(), columns, rows).split("\n")).toEqual([
    "RUN       FLOW                         IDENTITY                   TOOK",
    "3f2a91bc  practice/download-statement  ada                        2.13 s",
    "9b0c44de  web/capture                  somebody-with-a-long-name  84 ms",
  ]);
});

test("a narrow terminal cuts the widest of the columns that may be cut, and no other", () => {
  const lines = stripVTControlCharacters(table(writingTo(50), columns, rows)).split("\n");
  expect(lines).toEqual([
    "RUN       FLOW             IDENTITY         TOOK",
    "3f2a91bc  practice/downl…  ada              2.13 s",
    "9b0c44de  web/capture      somebody-with-…  84 ms",
  ]);
});

test("below what its columns need, each row is told in lines of its own", () => {
  const lines = stripVTControlCharacters(table(writingTo(20), columns, rows)).split("\n");
  expect(lines).toEqual([
    "RUN       3f2a91bc",
    "FLOW      practice/…",
    "IDENTITY  ada",
    "TOOK      2.13 s",
    "",
    "RUN       9b0c44de",
    "FLOW      web/captu…",
    "IDENTITY  somebody-…",
    "TOOK      84 ms",
  ]);
});

test("wide and combined characters count as they are shown", () => {
  const lines = table(
    writingTo(),
    [{ head: "NAME" }, { head: "SITE" }],
    [
      ["日本", "a"],
      ["e\u0301", "b"],
    ],
  ).split("\n");
  expect(lines).toEqual(["NAME  SITE", "日本  a", "e\u0301     b"]);
});

test("a wide character that has half its room is left out", () => {
  const names = [{ head: "NAME", least: 4 }, { head: "SITE" }];
  for (const room of [15, 16, 17, 18]) {
    const lines = stripVTControlCharacters(table(writingTo(room), names, [["株式会社ラーチの", "a"]])).split(
      "\n",
    );
    expect(lines[1]).toMatch(/^[株式会社ラーチの]+… ? {2}a$/);
    expect(lines[1]?.replace(/[^ -~…]/g, "xx").length).toBe((lines[0] ?? "").indexOf("SITE") + 1);
  }
});

test("a cell is styled as long as it is shown, and not beyond", () => {
  const style = (text: string) => `<${text}>`;
  expect(
    table(writingTo(8), [{ head: "A", least: 4 }, { head: "B" }], [[{ text: "abcdefgh", style }, "x"]]),
  ).toContain("<abcd…>  x");
});

test("fields stand under each other", () => {
  expect(
    fields(writingTo(), [
      ["Name", "ada"],
      ["Saved state", "none"],
    ]),
  ).toBe("Name         ada\nSaved state  none");
});
