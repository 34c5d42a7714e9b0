import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { chromiumFlags, leftOut } from "../../src/browser/chromium-flags.ts";

/** Starts a program in Chromium's place that writes down its arguments: what Playwright itself would pass. */
async function playwrightFlags(): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  try {
    const program = join(dir, "chromium");
    await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$@" > "${dir}/arguments"\n`);
    await chmod(program, 0o755);
    await chromium.launch({ executablePath: program }).catch(() => undefined);
    return (await readFile(join(dir, "arguments"), "utf8")).trim().split("\n");
  } finally {
    await rm(dir, { recursive: true });
  }
}

function features(flags: readonly string[], list: "enable" | "disable"): string[] {
  const prefix = `--${list}-features=`;
  return (
    flags
      .find((flag) => flag.startsWith(prefix))
      ?.slice(prefix.length)
      .split(",") ?? []
  );
}

const flags = (options: Partial<Parameters<typeof chromiumFlags>[0]> = {}) =>
  chromiumFlags({ profileDir: "/p", sandbox: true, headed: false, sharedMemory: true, ...options });

test("every flag of Playwright's is ours too, or left out for a reason", async () => {
  const theirs = await playwrightFlags();
  const ours = flags({ sandbox: false });
  const known = new Set([...ours, ...Object.keys(leftOut)]);
  const plain = theirs.filter((flag) => !/^--(enable|disable)-features=|^--user-data-dir=/.test(flag));
  expect(plain.filter((flag) => !known.has(flag))).toEqual([]);
  for (const list of ["enable", "disable"] as const) {
    const knownFeatures = new Set([...features(ours, list), ...Object.keys(leftOut)]);
    expect(features(theirs, list).filter((feature) => !knownFeatures.has(feature))).toEqual([]);
  }
  expect(
    Object.keys(leftOut).filter((flag) => ![...theirs, ...features(theirs, "disable")].includes(flag)),
  ).toEqual([]);
});

test("a closed network stays closed", () => {
  expect(flags()).toEqual(
    expect.arrayContaining([
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-quic",
      "--no-first-run",
    ]),
  );
});

test("Chromium is driven over a pipe, so that no port is open and it ends with its worker", () => {
  expect(flags()).toContain("--remote-debugging-pipe");
  expect(flags().join()).not.toContain("remote-debugging-port");
});

test("the sandbox, the screen and shared memory are what was asked for", () => {
  expect(flags()).not.toContain("--no-sandbox");
  expect(flags({ sandbox: false })).toContain("--no-sandbox");
  expect(flags()).toContain("--headless");
  expect(flags({ headed: true })).not.toContain("--headless");
  expect(flags()).not.toContain("--disable-dev-shm-usage");
  expect(flags({ sharedMemory: false })).toContain("--disable-dev-shm-usage");
});
