import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { startInTerminal } from "../support/terminal.ts";

const ben = {
  username: "ben@larch.example",
  password: "oak-rowan-Willow-7",
  totpSecret: "MJSW4LLMMFZGG2BNOBZGCY3UNFRWKLJS",
  secondFactor: false,
};

let site: PracticeSite;
let ground: TestParts;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ben] });
  ground = await openTestParts({ settings: { LATCHKEY_LOG_LEVEL: "" } });
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben-of-the-practice-site" });
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await site.close();
});

async function inTerminal(args: string[], settings: Record<string, string> = {}) {
  await using terminal = startInTerminal(args, { ...ground.environment, ...settings });
  const { code, shown } = await terminal.ended();
  return { code, shown, raw: terminal.output() };
}

const green = "\u001b[32m";
const red = "\u001b[31m";
const bold = "\u001b[1m";
const hidesCursor = "\u001b[?25l";
const showsCursor = "\u001b[?25h";
const erasesLine = "\u001b[0K";

test("a run turns a spinner, leaves nothing of it, and gives the cursor back", async () => {
  const { code, shown, raw } = await inTerminal([
    "run",
    "practice/statements",
    "--identity",
    "ben-of-the-practice-site",
  ]);
  expect(code, shown).toBe(0);
  expect(raw).toContain(green);
  expect(raw.split(hidesCursor).length).toBeGreaterThan(1);
  expect(raw.lastIndexOf(showsCursor)).toBeGreaterThan(raw.lastIndexOf(hidesCursor));
  // What is left of each line once the terminal has done what it was told: the text after the last erasing.
  const lines = raw
    .split("\r\n")
    .map((line) => stripVTControlCharacters(line.slice(line.lastIndexOf(erasesLine) + 1)));
  expect(lines.filter((line) => /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(line))).toEqual([]);
  expect(shown).toMatch(/✓ succeeded {2}[0-9a-f-]{36}/);
});

test("tables keep to the terminal's width, with short ids and times as people tell them", async () => {
  const [runs, identities] = await Promise.all([inTerminal(["runs"]), inTerminal(["identities", "list"])]);
  for (const { shown } of [runs, identities]) {
    expect(shown.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(shown).toMatch(/ben-of-the-p\S*…|ben-of-the-practice-site/);
  }
  expect(runs.shown).toMatch(
    /^[0-9a-f]{8} {2}practice\/statements +\S+ +succeeded +\d+ \w+ ago +[\d.]+ m?s$/m,
  );
  const [id = ""] = /^[0-9a-f]{8}/m.exec(runs.shown) ?? [];
  const { code, shown } = await inTerminal(["runs", id]);
  expect(code).toBe(0);
  expect(shown).toContain(`Run       ${id}-`);
});

test("NO_COLOR takes the colours away, and only them", async () => {
  const { raw, shown } = await inTerminal(["runs"], { NO_COLOR: "1" });
  for (const style of [green, red, bold]) expect(raw).not.toContain(style);
  expect(shown).toMatch(/^[0-9a-f]{8} {2}practice\/statements/m);
});

test("an error is one coloured mark, its code, what happened and what to do", async () => {
  const { code, raw, shown } = await inTerminal(["runs", "0000"]);
  expect(code).toBe(1);
  expect(raw).toContain(`${red}✗`);
  expect(shown).toBe(
    "✗ not_found: There is no run 0000.\n  Check the id; what belongs to another project is not found.\n",
  );
});
