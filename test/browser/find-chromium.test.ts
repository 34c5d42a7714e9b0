import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findChromium } from "../../src/browser/find-chromium.ts";

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  await mkdir(join(dir, "empty"));
  await mkdir(join(dir, "bin"));
  await writeFile(join(dir, "bin/google-chrome"), "");
  await chmod(join(dir, "bin/google-chrome"), 0o755);
  await writeFile(join(dir, "plain-file"), "");
});

afterAll(() => rm(dir, { recursive: true }));

test("the configured Chromium is taken before any other", () => {
  const configured = join(dir, "bin/google-chrome");
  expect(findChromium({ configured, searchPath: process.env["PATH"] })).toEqual({
    path: configured,
    from: "setting",
  });
});

test("a configured Chromium that is none is a failure, not a reason to take another", () => {
  for (const configured of [join(dir, "missing"), join(dir, "plain-file"), dir])
    expect(() => findChromium({ configured, searchPath: process.env["PATH"] })).toThrow(
      expect.objectContaining({ code: "browser_unavailable", message: expect.stringContaining(configured) }),
    );
});

test("the system's is found on the PATH under any of its names", () => {
  const searchPath = [join(dir, "empty"), join(dir, "bin")].join(delimiter);
  const system = { path: join(dir, "bin/google-chrome"), from: "system" };
  // Where Playwright manages one, that comes first.
  const managed = { path: chromium.executablePath(), from: "playwright" };
  expect([system, managed]).toContainEqual(findChromium({ searchPath }));
});
