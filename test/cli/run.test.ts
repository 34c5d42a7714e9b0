import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { Outcome } from "../../src/outcome.ts";
import { type CliOptions, latchkey as run } from "../support/cli.ts";
import { watchProcessList } from "../support/everything-kept.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";

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
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await site.close();
});

function latchkey(args: string[], settings: Record<string, string> = {}, options?: CliOptions) {
  return run(args, { ...ground.environment, ...settings }, options);
}

const runsRecorded = async () =>
  (await (await ground.parts.store()).runs.list({ project: "default" })).length;

test("a run that succeeds shows its progress, its result and its files, in plain lines, and ends with 0", async () => {
  const processes = watchProcessList();
  const download = [
    "run",
    "practice/download-statement",
    "--identity",
    "ben",
    "--input",
    '{"month":"2026-03"}',
  ];
  // Once as whoever has set nothing: on the Chromium that the command finds.
  const { code, stdout, stderr } = await latchkey([...download, "--trace"], {}, { wholeChromium: true });
  expect(code, stderr).toBe(0);
  expect(stderr.split("\n").map((line) => line.replace(/\s+[\d.]+ m?s\b/, ""))).toEqual([
    expect.stringMatching(/^ {2}· started/),
    "  ✓ identity",
    "  ✓ browser  local",
    "  ✓ login  signed in (1 password, 0 code)",
    "  ›   open the statements",
    expect.stringMatching(/^ {2}↓ {3}\S+\.pdf +[\d,]+ bytes {2}download$/),
    "  ›   download the PDF",
    expect.stringMatching(/^ {2}↓ {3}trace\.zip .*trace$/),
    "  ✓ flow",
    "  ✓ saved state",
    "",
  ]);
  const [, result = "", rest = ""] = /^(\{\n[^]*?\n\})\n([^]*)$/.exec(stdout) ?? [];
  expect(JSON.parse(result)).toMatchObject({ statement: { contentType: "application/pdf" } });
  expect(rest).toMatch(
    /^✓ succeeded {2}[0-9a-f-]{36}\n {2}download +\S+\.pdf .*\n {2}trace +npx playwright-core show-trace --port 0 \S+\.zip /,
  );
  for (const [path] of rest.matchAll(/\/\S+\.(?:pdf|zip)/g)) expect(existsSync(path), path).toBe(true);
  expect(stdout + stderr).not.toContain("\u001b");

  const seen = await processes.stop();
  expect(seen).toContain("practice/download-statement");
  for (const secret of [ben.password, ben.totpSecret]) expect(stdout + stderr + seen).not.toContain(secret);
});

test("--json prints one object and nothing else", async () => {
  const { code, stdout, stderr } = await latchkey([
    "run",
    "practice/statements",
    "--identity",
    "ben",
    "--json",
  ]);
  expect({ code, stderr, lines: stdout.trimEnd().split("\n").length }).toEqual({
    code: 0,
    stderr: "",
    lines: 1,
  });
  const { runId, ...outcome } = JSON.parse(stdout) as Outcome & { runId: string };
  expect(outcome).toEqual({ status: "succeeded", result: { statements: expect.any(Array) } });
  const { runs } = await ground.parts.store();
  expect(await runs.get("default", runId)).toMatchObject({ outcome, attempts: 1, maxAttempts: 1 });
});

test("a run that fails says why, where and what to do, without a stack, and ends with 1", async () => {
  const missing = [
    "run",
    "practice/download-statement",
    "--identity",
    "ben",
    "--input",
    '{"month":"1999-03"}',
  ];
  const { code, stdout, stderr } = await latchkey(missing);
  expect(code).toBe(1);
  expect(stdout.split("\n")).toEqual([
    "✗ invalid_input: There is no statement for 1999-03.",
    "  Correct the input; `latchkey flows` prints each flow's input schema.",
    `  page          ${site.url}/statements`,
    "  title         Statements · Larch Energy",
    "  error         Failure: There is no statement for 1999-03.",
    expect.stringMatching(/^ {2}run {11}[0-9a-f-]{36}$/),
    expect.stringMatching(/^ {2}screenshot {4}\S+\/failure\.png {2}\d+ KiB$/),
    "",
  ]);
  expect(stderr).toMatch(/✗ flow/);
  expect(stdout + stderr).not.toMatch(/ {4}at /);

  const asJson = await latchkey([...missing, "--json"]);
  expect({ code: asJson.code, stderr: asJson.stderr }).toEqual({ code: 1, stderr: "" });
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    status: "failed",
    code: "invalid_input",
    retryable: false,
    evidence: { url: `${site.url}/statements` },
  });
});

describe("what cannot be run", () => {
  test.each([
    [
      "a flow that is none",
      ["practice/statement", "--identity", "ben"],
      "unknown_flow",
      "did you mean practice/",
    ],
    ["an identity that is none", ["practice/statements", "--identity", "bob"], "unknown_identity", "bob"],
    [
      "a window without a screen",
      ["practice/statements", "--identity", "ben", "--headed"],
      "invalid_argument",
      "no display",
    ],
    [
      "an Inspector without a screen",
      ["practice/statements", "--identity", "ben", "--pause"],
      "invalid_argument",
      "no display",
    ],
  ])("%s is refused at once and leaves no record", async (_what, args, failure, says) => {
    const before = await runsRecorded();
    const { code, stdout, stderr } = await latchkey(["run", ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^✗ ${failure}: .*${says}`));
    expect(await runsRecorded()).toBe(before);
  });

  test("without a Chromium fails with what to do", async () => {
    const { code, stdout } = await latchkey(["run", "practice/statements", "--identity", "ben"], {
      CHROMIUM_PATH: "/nowhere/chromium",
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ browser_unavailable: .*\/nowhere\/chromium\n {2}.*latchkey doctor/);
  });
});

test("a refused password is tried once; its identity runs again when it is corrected and validated", {
  timeout: 60_000,
}, async () => {
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "mistyped", password: "not-it" });
  const before = site.counters.passwordSubmits;
  const refused = await latchkey(["identities", "validate", "mistyped"]);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/^✗ invalid_credentials: /);
  expect(refused.stdout).toMatch(/^ {2}the site says /m);
  expect(refused.stdout).toMatch(/^ {2}login +[\d.]+ m?s {2}submit/m);
  const again = await latchkey(["run", "practice/statements", "--identity", "mistyped", "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ status: "failed", code: "identity_failed" });
  expect(site.counters.passwordSubmits).toBe(before + 1);

  const update = "identities update mistyped --username ben@larch.example --password-env RIGHT";
  expect((await latchkey(update.split(" "), { RIGHT: ben.password })).stdout).toContain(
    "its status is pending",
  );
  const validated = await latchkey(["identities", "validate", "mistyped"]);
  expect(validated).toMatchObject({ code: 0, stdout: "✓ mistyped is validated, and its state is saved\n" });
  const asJson = await latchkey(["identities", "validate", "mistyped", "--json"]);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ status: "succeeded", result: { signedIn: true } });
});
