import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { latchkey, startCli } from "../support/cli.ts";
import { watchProcessList } from "../support/everything-kept.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { hasXvfb, startScreen } from "../support/screen.ts";

const ben = {
  username: "ben@larch.example",
  password: "oak-rowan-Willow-7",
  totpSecret: "MJSW4LLMMFZGG2BNOBZGCY3UNFRWKLJS",
  secondFactor: false,
};

/** Command lines of the browsers whose profile is in the folder. */
function browsersIn(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.includes(`--user-data-dir=${folder}`) && !line.includes("--type="));
}

const isInspector = (line: string) => line.includes("--app=data:text/html,");

describe.runIf(hasXvfb)("on a display", { timeout: 60_000 }, () => {
  let screen: Awaited<ReturnType<typeof startScreen>>;
  let site: PracticeSite;
  let ground: TestParts;
  /** Where the commands' browsers keep their profiles. */
  let folder: string;
  const environment = () => ({
    ...ground.environment,
    TMPDIR: folder,
    DISPLAY: screen.display,
    LATCHKEY_FLOWS_DIR: "test/support/flows",
    LATCHKEY_LOG_LEVEL: "",
  });

  beforeAll(async () => {
    screen = await startScreen();
    site = await startPracticeSite({ users: [ben] });
    // The headless shell has no windows.
    ground = await openTestParts({ wholeChromium: true });
    folder = await mkdtemp(join(tmpdir(), "headed-"));
    await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
  });
  afterAll(async () => {
    await ground[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
    await screen[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("--headed shows the browser", async () => {
    const processes = watchProcessList();
    const { code, stdout } = await latchkey(
      ["run", "web/capture", "--identity", "ben", "--headed", "--slow-mo", "5", "--json"],
      { ...environment(), LATCHKEY_FLOWS_DIR: "flows" },
    );
    const seen = await processes.stop();
    expect(JSON.parse(stdout)).toMatchObject({ status: "succeeded" });
    expect(code).toBe(0);
    const browsers = seen
      .split("\n")
      .filter((line) => /chrom/i.test(line) && line.includes("--user-data-dir="));
    expect(browsers.some((line) => !line.includes("--headless") && !line.includes("--type="))).toBe(true);
  });

  test("page.pause() stops the flow in the Inspector until it is resumed", async () => {
    const pause = ["run", "trial/pause", "--identity", "ben", "--input", '{"forMs":2500}', "--json"];
    const processes = watchProcessList();
    const headed = await latchkey([...pause, "--headed"], environment());
    expect(await processes.stop()).toMatch(/--app=data:text\/html,/);
    const { result } = JSON.parse(headed.stdout) as { result: { pausedMs: number; resumed: string } };
    expect(result.resumed).toBe("was paused");
    expect(result.pausedMs).toBeGreaterThan(2_400);
    const headless = await latchkey(pause, environment());
    expect(JSON.parse(headless.stdout)).toMatchObject({ result: { resumed: "was not paused" } });
  });

  test("--pause waits before the first step; Ctrl-C there cancels the run and leaves nothing", async () => {
    const input = '{"forMs":60000}';
    await using process = startCli(
      ["run", "trial/pause", "--identity", "ben", "--input", input, "--pause"],
      environment(),
    );
    const { runs } = await ground.parts.store();
    await expect.poll(() => browsersIn(folder).some(isInspector), { timeout: 20_000 }).toBe(true);
    expect(process.output()).not.toContain("stop here");
    process.child.kill("SIGINT");
    const { code, stdout } = await process.ended();
    expect({ code, stdout }).toMatchObject({ code: 130, stdout: expect.stringContaining("cancelled") });
    const [run] = await runs.list({ project: "default" });
    expect(run).toMatchObject({ status: "failed", outcome: { code: "cancelled" } });
    await expect.poll(() => browsersIn(folder)).toEqual([]);
  });

  test("--keep-open keeps the window, and the identity, of a run that failed", async () => {
    const failing = ["run", "trial/misbehave", "--identity", "ben", "--input", '{"how":"throw"}'];
    await using process = startCli([...failing, "--keep-open"], environment());
    await process.says("The window stays open");
    await expect.poll(() => process.output()).toMatch(/✗ flow_failed: [^]*step +break\n[^]*screenshot/);
    const { leases, identities } = await ground.parts.store();
    const { id } = await identities.get("default", "ben");
    expect(await leases.tryAcquire(`session:${id}`)).toBeNull();
    expect(browsersIn(folder).filter((line) => !line.includes("--headless"))).toHaveLength(1);
    process.child.kill("SIGINT");
    const { code, stdout } = await process.ended();
    expect(code).toBe(130);
    expect(stdout.split("✗ flow_failed").length).toBe(2);
    await expect.poll(() => browsersIn(folder)).toEqual([]);
    expect(readdirSync(folder).filter((name) => /profile|latchkey-chromium-\d/.test(name))).toEqual([]);
  });
});
