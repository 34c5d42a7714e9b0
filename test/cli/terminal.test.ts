import widthTo from "fast-string-truncated-width";
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
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "株式会社ラーチの請求書の窓口" });
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "🔑 Łukasz" });
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
const spinning = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/;
const statements = ["run", "practice/statements", "--identity", "ben-of-the-practice-site"];

test.each([80, 40])(
  "a run turns a spinner at %i columns, leaves nothing of it, and gives the cursor back",
  async (columns) => {
    await using terminal = startInTerminal(statements, ground.environment, { columns });
    const { code } = await terminal.ended();
    const [screen, screens] = [await terminal.screen(), await terminal.screens()];
    expect(code, screen.join("\n")).toBe(0);
    expect(terminal.output()).toContain(green);
    // At any moment it turns in one line, the last; at the end, in none.
    const turning = screens.filter((lines) => lines.some((line) => spinning.test(line)));
    expect(turning.length).toBeGreaterThan(3);
    for (const lines of turning) {
      expect(lines.filter((line) => spinning.test(line))).toEqual([lines.at(-1)]);
    }
    expect(screen.filter((line) => spinning.test(line))).toEqual([]);
    expect(terminal.output().lastIndexOf(showsCursor)).toBeGreaterThan(
      terminal.output().lastIndexOf(hidesCursor),
    );
    const text = screen.join("\n");
    expect(text.match(/✓ (?:identity|browser|login|flow|saved state)/g)).toHaveLength(5);
    expect(screen.join("")).toMatch(/✓ succeeded {2}[0-9a-f-]{36}/);
  },
);

async function screensOf(columns: number, ...commands: string[][]): Promise<string[][]> {
  return Promise.all(
    commands.map(async (args) => {
      await using terminal = startInTerminal(args, ground.environment, { columns });
      await terminal.ended();
      return terminal.screen();
    }),
  );
}

const runCount = async () => {
  const { runs } = await ground.parts.store();
  return (await runs.list({ project: "default" })).length;
};

test("tables keep to 80 columns, one line to a row, whatever the names are written in", async () => {
  const [runs = [], identities = []] = await screensOf(80, ["runs"], ["identities", "list"]);
  // What did not fit would have gone on in the next line.
  expect(runs).toHaveLength((await runCount()) + 1);
  expect(identities).toHaveLength(4);
  // The column after names of wide characters begins where its head does.
  const at = identities[0]?.indexOf("SITE") ?? 0;
  const starts = identities.slice(1).map((line) => widthTo(line.split(/http|127/)[0] ?? "").width);
  expect(starts).toEqual([at, at, at]);
});

test("where 40 columns are too few for a table, each row is told in lines of its own", async () => {
  const [runs = []] = await screensOf(40, ["runs"]);
  const count = await runCount();
  const cells = runs.filter((line) => /^(?:RUN|FLOW|IDENTITY|STATUS|CREATED|TOOK) {2,}\S/.test(line));
  expect(cells).toHaveLength(count * 6);
  expect(runs).toHaveLength(count * 7 - 1);
});

test("runs are told with short ids, and times as people tell them", async () => {
  const runs = await inTerminal(["runs"]);
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

test("a window made narrower while a run turns is left clean", async () => {
  await using terminal = startInTerminal(
    [
      "run",
      "trial/misbehave",
      "--identity",
      "ben-of-the-practice-site",
      "--input",
      '{"how":"wait for nothing"}',
    ],
    { ...ground.environment, LATCHKEY_FLOWS_DIR: "test/support/flows" },
    { columns: 100 },
  );
  await terminal.shows("identity");
  await terminal.resize(40);
  await terminal.ended();
  expect((await terminal.screen()).filter((line) => spinning.test(line))).toEqual([]);
});
