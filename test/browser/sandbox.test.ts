import { expect, test } from "vitest";
import { wantsSandbox } from "../../src/browser/sandbox.ts";
import { chromiumPath } from "../support/chromium.ts";

const executablePath = chromiumPath();

test("the sandbox is on or off as it was set", () => {
  expect(wantsSandbox({ setting: "on", executablePath })).toBe(true);
  expect(wantsSandbox({ setting: "off", executablePath })).toBe(false);
});

test.runIf(process.getuid?.() === 0)(
  "left to itself it is off as root, where Chromium refuses to start with it",
  () => {
    expect(wantsSandbox({ setting: "auto", executablePath })).toBe(false);
  },
);
