import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "../../src/login/decide.ts";
import { replay } from "../../src/login/replay.ts";
import {
  createLoginRecorder,
  formatStoredLogin,
  parseStoredLogin,
  type StoredLogin,
} from "../../src/login/stored-login.ts";
import { createRedactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";

const fixture = readFileSync(join(import.meta.dirname, "snapshots/code-on-a-second-page.json"), "utf8");
const noSecrets = createRedactor();

/** The fixture's pages as a login over them would have been stored. */
function recorded(): StoredLogin {
  const recorder = createLoginRecorder();
  for (const { situation } of parseStoredLogin(fixture).steps)
    recorder.onSituation({ atMs: 5, situation, decision: decide(situation) });
  return { end: "login_unrecognised", steps: recorder.steps };
}

test("what was stored is read back, and decided as it was", () => {
  const stored = recorded();
  const text = formatStoredLogin(stored, noSecrets);
  expect(parseStoredLogin(text)).toEqual(JSON.parse(JSON.stringify(stored)));
  expect(replay(parseStoredLogin(text)).flatMap(({ differences }) => differences)).toEqual([]);
  expect(text.split("\n")).toHaveLength(stored.steps.length + 3);
});

test("a decision that is another today is told, member by member; better words are no difference", () => {
  const [first, ...others] = recorded().steps;
  if (first === undefined) throw new Error("the fixture holds pages");
  const stored = structuredClone(first);
  stored.decision.reason = "in other words";
  expect(replay({ end: null, steps: [stored, ...others] }).flatMap((step) => step.differences)).toEqual([]);

  stored.decision.rule = "wait-while-loading";
  stored.decision.action = { kind: "wait" };
  const [replayed] = replay({ end: null, steps: [stored] });
  expect(replayed?.differences).toEqual([
    { member: "rule", stored: "wait-while-loading", today: "enter-credentials" },
    { member: "kind", stored: "wait", today: "submit" },
  ]);
  expect(replayed?.decision).toEqual(decide(first.situation));
});

test("no secret is in the file, wherever on the page it stood, and the file is still one to replay", () => {
  const texts = fc.constantFrom(
    "Redmine",
    "Login",
    "Sign in",
    "submit",
    "password",
    "text",
    "enter-credentials",
  );
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 4 }), (secrets) => {
      const redactor = createRedactor();
      for (const secret of ["Tr0ub4dor", ...secrets]) redactor.add(new Secret(secret));
      const stored = structuredClone(recorded());
      for (const { situation } of stored.steps) {
        situation.snapshot.title = "Tr0ub4dor";
        situation.snapshot.frames[0]?.messages.push({
          text: "No Tr0ub4dor here",
          tone: "error",
          dialog: null,
        });
        situation.history.acts.push({
          kind: "click",
          what: "continue",
          control: "Tr0ub4dor",
          documentId: 1,
          messages: ["of Tr0ub4dor"],
          url: "https://app.example.com/Tr0ub4dor",
        });
      }
      const text = formatStoredLogin(stored, redactor);
      expect(text).not.toContain("Tr0ub4dor");
      expect(text.includes("Redmine")).toBe(!secrets.includes("Redmine"));
      expect(replay(parseStoredLogin(text))).toHaveLength(stored.steps.length);
    }),
    { numRuns: 20 },
  );
});

test.each([
  ["it is not JSON; perhaps it was cut off", ""],
  ["it is not JSON; perhaps it was cut off", fixture.slice(0, 5_000)],
  ["it holds no stored login", "[]"],
  ["it holds no stored login", '{"decisions":[]}'],
  [
    "it has version 2, and this Latchkey reads version 1",
    '{"format":"latchkey-login","version":2,"steps":[]}',
  ],
  ["`steps` is missing or wrong", '{"format":"latchkey-login","version":1}'],
  ["`steps.0.situation.snapshot.frames` is missing or wrong", fixture.replaceAll('"frames":', '"frame":')],
])("a file that cannot be replayed is said to be, and why: %s", (why, text) => {
  expect(() => parseStoredLogin(text)).toThrow(
    expect.objectContaining({
      code: "invalid_argument",
      message: `The file cannot be replayed: ${why}. \`latchkey login <url> --save-snapshot FILE\` writes one that can.`,
    }),
  );
});

test("a page that is not whole is named by its step", () => {
  const cut = parseStoredLogin(fixture.replaceAll('"box":', '"bax":').replaceAll('"hints":', '"hunts":'));
  expect(() => replay(cut)).toThrow(
    expect.objectContaining({ message: expect.stringContaining("the page of step 1 is not whole") }),
  );
});
