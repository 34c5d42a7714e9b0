import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decide } from "../../src/login/decide.ts";
import { replay } from "../../src/login/replay.ts";
import { parseStoredLogin } from "../../src/login/stored-login.ts";

const folder = join(import.meta.dirname, "snapshots");

/** Pages of logins to real applications, as `--save-snapshot` stores them, with what is to be decided on each. */
const logins = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((file) => ({ file, login: parseStoredLogin(readFileSync(join(folder, file), "utf8")) }));
const stored = logins.flatMap(({ login }) => login.steps);
const replayed = logins.flatMap(({ file, login }) => replay(login).map((step) => ({ file, ...step })));

describe("the decision on a stored page stands", () => {
  test.each(replayed)(
    "$file: $decision.rule, $decision.action.kind $decision.action.code",
    ({ differences }) => {
      expect(differences).toEqual([]);
    },
  );

  test("and is the same however often it is made", () => {
    for (const { situation } of stored) {
      const before = JSON.stringify(situation);
      expect(decide(structuredClone(situation))).toEqual(decide(situation));
      expect(JSON.stringify(situation)).toBe(before);
    }
  });

  test("and is explained in words", () => {
    for (const { situation } of stored) {
      const { saw, doing, reason } = decide(situation);
      for (const words of [saw, doing, reason]) expect(words).toMatch(/\p{L}{2}/u);
    }
  });
});

test("whatever is on the page, the password is never sent a second time, nor a third code", () => {
  for (const { situation } of stored) {
    const later = structuredClone(situation);
    later.history.passwordSubmits = 1;
    const first = decide(later).action;
    expect(first.kind === "submit" && first.what.includes("password")).toBe(false);
    expect(first.kind).not.toBe("answer_http");
    later.history.codeSubmits = 2;
    const second = decide(later).action;
    expect(second.kind === "submit" && second.what.includes("code")).toBe(false);
  }
});

test("stored pages hold no value of a field, no query and nothing that looks like a token", () => {
  for (const { situation } of stored) {
    const text = JSON.stringify(situation);
    expect(text).not.toMatch(/"value":/);
    expect(text).not.toMatch(/https?:\/\/[^"\s]*\?/);
    expect(text).not.toContain("Tr0ub4dor");
  }
});
