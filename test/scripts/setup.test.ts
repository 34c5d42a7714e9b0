import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

interface Result {
  code: number;
  said: string;
}

async function setup(options: string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const run = promisify(execFile)("bash", ["scripts/setup.sh", ...options], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  return run.then(
    ({ stderr }) => ({ code: 0, said: stderr }),
    (error: { code: number; stderr: string }) => ({ code: error.code, said: error.stderr }),
  );
}

describe("where everything is in place", () => {
  test("it says so, or with --quiet nothing", async () => {
    expect(await setup([])).toEqual({ code: 0, said: expect.stringMatching(/^setup: ready: Node v\d+/) });
    expect(await setup(["--quiet", "--for-tests"])).toEqual({ code: 0, said: "" });
  });

  test("several at once are well", async () => {
    const results = await Promise.all([1, 2, 3].map(() => setup(["--quiet"])));
    for (const { code, said } of results) {
      expect(code).toBe(0);
      expect(said.replace("setup: waiting for another set-up of this checkout …\n", "")).toBe("");
    }
  });
});

test("an option it does not know is refused", async () => {
  expect(await setup(["--for-test"])).toEqual({
    code: 2,
    said: expect.stringContaining("unknown option --for-test"),
  });
});

describe("where Chromium is missing and cannot be installed", () => {
  let tools: string;

  /** The programs set-up needs and no others: no apt-get, no sudo, no browser. */
  beforeAll(async () => {
    tools = await mkdtemp(join(tmpdir(), "latchkey-tools-"));
    for (const name of ["bash", "cmp", "cp", "dirname", "flock", "grep", "paste", "tr", "uname"]) {
      const found = (process.env["PATH"] ?? "")
        .split(delimiter)
        .map((folder) => join(folder, name))
        .find(existsSync);
      if (found !== undefined) await symlink(found, join(tools, name));
    }
  });
  afterAll(() => rm(tools, { recursive: true }));

  test("it names what to install and fails", async () => {
    const { code, said } = await setup([], { PATH: tools, CHROMIUM_PATH: "/nonexistent" });
    expect(code).toBe(1);
    expect(said).toContain("setup: missing: chromium fonts-liberation. There is no apt-get here");
    expect(said).toContain("npx playwright-core install --with-deps chromium");
  });

  test("redis-server is asked for by the tests alone", async () => {
    const chromium = { PATH: tools, CHROMIUM_PATH: join(tools, "bash") };
    expect(await setup(["--quiet"], chromium)).toEqual({ code: 0, said: "" });
    const { code, said } = await setup(["--quiet", "--for-tests"], chromium);
    expect(code).toBe(1);
    expect(said).toContain("setup: missing: redis-server.");
  });
});
