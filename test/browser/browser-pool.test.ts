import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import type { BrowserPool } from "../../src/browser/browser-pool.ts";
import type { ContextRequest } from "../../src/browser/providers/provider.ts";
import { sweepChromiumFolders } from "../../src/browser/worker-folder.ts";
import {
  assertNoChromiumLeft,
  chromiumFolders,
  ownChromiums,
  processesOfGroup,
  silent,
  testPool,
} from "../support/chromium.ts";

const pools = new Set<BrowserPool>();
const request = (options: Partial<ContextRequest> = {}): ContextRequest => ({
  contextOptions: {},
  headed: false,
  slowMoMs: 0,
  signal: new AbortController().signal,
  ...options,
});

function pool(options: Parameters<typeof testPool>[0] = {}): BrowserPool {
  // What Latchkey itself finds starts more processes than the headless shell, and has windows.
  const made = testPool({ wholeChromium: true, ...options });
  pools.add(made);
  return made;
}

afterEach(async () => {
  await Promise.all([...pools].map((one) => one.close()));
  pools.clear();
});

afterAll(assertNoChromiumLeft);

const gone = (group: number) => expect.poll(() => processesOfGroup(group)).toEqual([]);

describe("the warm browser", () => {
  test("is started once for requests that come together, and lends each a context of its own", async () => {
    const { lend, groups } = pool();
    const lent = await Promise.all([lend(request()), lend(request()), lend(request())]);
    expect(groups()).toHaveLength(1);
    expect(new Set(lent.map(({ context }) => context)).size).toBe(3);
    expect(new Set(lent.map(({ context }) => context.browser())).size).toBe(1);
    await Promise.all(lent.map((one) => one.close()));
    expect(
      lent[0]?.context
        .browser()
        ?.contexts()
        .filter((context) => context.pages().length > 0),
    ).toEqual([]);
  });

  test("opens the page that was asked for, and no hidden one of Chromium's own interface", async () => {
    const { context, close } = await pool().lend(request());
    await context.newPage();
    const client = await context.browser()?.newBrowserCDPSession();
    const targets = await client?.send("Target.getTargets", { filter: [{}] });
    const pages = targets?.targetInfos.filter(({ type }) => !["browser", "tab"].includes(type));
    expect(pages).toEqual([expect.objectContaining({ type: "page", url: "about:blank" })]);
    await close();
  });

  test("is replaced after so many contexts, and ends with its last one", async () => {
    const { lend, groups } = pool({ recycleContexts: 2 });
    const first = await lend(request());
    const second = await lend(request());
    const [retired = 0] = groups();
    const third = await lend(request());
    expect(groups()).toHaveLength(2);
    await first.close();
    expect(second.context.browser()?.isConnected()).toBe(true);
    await second.close();
    expect(groups()).not.toContain(retired);
    expect(processesOfGroup(retired)).toEqual([]);
    expect(third.lost.aborted).toBe(false);
    await third.close();
  });

  test("is replaced when its processes take too much memory", async () => {
    const { lend, groups } = pool({ recycleMemoryMb: 1 });
    const first = await lend(request());
    const [before = 0] = groups();
    await first.close();
    await gone(before);
    const second = await lend(request());
    expect(groups()).not.toContain(before);
    await second.close();
  });

  test("is replaced when it crashes; only its own sessions are lost", async () => {
    const { lend, groups } = pool({ recycleContexts: 1 });
    const doomed = await lend(request());
    const [group = 0] = groups();
    const safe = await lend(request());
    process.kill(-group, "SIGKILL");
    await expect.poll(() => doomed.lost.aborted).toBe(true);
    expect(doomed.lost.reason).toMatchObject({ code: "browser_crashed" });
    expect(safe.lost.aborted).toBe(false);
    await doomed.close();
    const next = await lend(request());
    await (await next.context.newPage()).goto("data:text/html,<title>fresh</title>");
    expect(groups()).not.toContain(group);
  });

  test("that died unnoticed between two requests fails neither", async () => {
    const { lend, groups } = pool();
    await (await lend(request())).close();
    const [group = 0] = groups();
    process.kill(-group, "SIGKILL");
    const next = await lend(request());
    await next.context.newPage();
    expect(groups()).not.toContain(group);
  });

  test("gives nothing to a request that was called off, and keeps nothing open for it", async () => {
    const { lend } = pool();
    const warm = await lend(request());
    const stop = new AbortController();
    const late = lend(request({ signal: stop.signal }));
    stop.abort(new Error("called off"));
    await expect(late).rejects.toThrow("called off");
    await expect.poll(() => warm.context.browser()?.contexts()).toHaveLength(2);
  });

  test("runs no secret on its command line, and has none of the worker's environment", async () => {
    process.env["LATCHKEY_MASTER_KEY"] = "canary-key";
    try {
      const { lend, groups } = pool();
      const lent = await lend(request());
      const seen = processesOfGroup(groups()[0] ?? 0).map(
        ({ pid, command }) => command + readFileSync(`/proc/${pid}/environ`, "utf8"),
      );
      expect(seen.length).toBeGreaterThan(1);
      expect(seen.join()).not.toContain("canary-key");
      await lent.close();
    } finally {
      delete process.env["LATCHKEY_MASTER_KEY"];
    }
  });
});

test("a session to be shown where there is no screen is a failure that says so", async () => {
  vi.stubEnv("DISPLAY", undefined);
  vi.stubEnv("WAYLAND_DISPLAY", undefined);
  await expect(pool().lend(request({ headed: true }))).rejects.toMatchObject({
    code: "browser_unavailable",
    message: expect.stringContaining("DISPLAY"),
  });
  vi.unstubAllEnvs();
});

const xvfb = ["/usr/bin/Xvfb", "/usr/local/bin/Xvfb"].find(existsSync);

test.runIf(xvfb !== undefined)(
  "a session to be shown has a window of its own, which ends with it",
  async () => {
    const screen = spawn(
      xvfb ?? "",
      ["-displayfd", "3", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
      {
        stdio: ["ignore", "ignore", "ignore", "pipe"],
      },
    );
    try {
      const [display] = await once(screen.stdio[3] ?? new EventEmitter(), "data");
      vi.stubEnv("DISPLAY", `:${String(display).trim()}`);
      const { lend, groups } = pool();
      const shown = await lend(request({ headed: true, contextOptions: { viewport: null } }));
      const page = await shown.context.newPage();
      expect(await page.evaluate(() => [navigator.userAgent.includes("Headless"), outerWidth > 0])).toEqual([
        false,
        true,
      ]);
      const own = groups()[0] ?? 0;
      await shown.close();
      expect(processesOfGroup(own)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      screen.kill();
    }
  },
);

test("a slowed session has a browser of its own, which ends with it", async () => {
  const { lend, groups } = pool();
  const warm = await lend(request());
  const slow = await lend(request({ slowMoMs: 1 }));
  expect(groups()).toHaveLength(2);
  const own = groups()[1] ?? 0;
  await slow.close();
  expect(processesOfGroup(own)).toEqual([]);
  expect(warm.lost.aborted).toBe(false);
});

describe("a Chromium that does not start", () => {
  test("is a failure that says which, for each request, and is tried again at the next", async () => {
    const { lend } = pool({ executablePath: "/bin/false" });
    const failure = { code: "browser_unavailable", message: expect.stringContaining("/bin/false") };
    const results = await Promise.allSettled([lend(request()), lend(request())]);
    expect(results).toMatchObject([{ reason: failure }, { reason: failure }]);
    await expect(lend(request())).rejects.toMatchObject(failure);
    expect(chromiumFolders()).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)(
    "because of its sandbox is not started without it when that is forbidden",
    async () => {
      await expect(pool({ sandbox: "on" }).lend(request())).rejects.toMatchObject({
        code: "browser_unavailable",
      });
    },
  );
});

describe("closing the pool", () => {
  test("ends the browser, contexts in use included, and every call waits for it", async () => {
    const made = pool();
    const lent = await made.lend(request());
    const [group = 0] = made.groups();
    await Promise.all([made.close(), made.close()]);
    expect(processesOfGroup(group)).toEqual([]);
    expect(chromiumFolders()).toEqual([]);
    expect(lent.lost.aborted).toBe(true);
    await lent.close();
    await expect(made.lend(request())).rejects.toMatchObject({ code: "worker_stopping" });
  });

  test("ends a browser that is only just starting", async () => {
    const made = pool();
    const [starting] = await Promise.allSettled([made.lend(request()), made.close()]);
    expect(starting).toMatchObject({ reason: { code: "worker_stopping" } });
    expect(ownChromiums()).toEqual([]);
  });

  test("kills a browser that does not answer", async () => {
    const made = pool();
    await made.lend(request());
    const [group = 0] = made.groups();
    process.kill(-group, "SIGSTOP");
    await made.close();
    expect(processesOfGroup(group)).toEqual([]);
    expect(chromiumFolders()).toEqual([]);
  });
});

/** Starts a worker with a session open; it runs until it is killed. */
async function startWorker() {
  const worker = spawn(process.execPath, [join(import.meta.dirname, "../support/killed-worker.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: worker.stdout }), "line");
  const { groups } = JSON.parse(String(line)) as { groups: number[] };
  const kill = async () => {
    worker.kill("SIGKILL");
    await once(worker, "exit");
  };
  return { pid: worker.pid ?? 0, group: groups[0] ?? 0, kill };
}

describe("a worker killed outright", () => {
  test("leaves no Chromium, and the next one to start removes its folder", async () => {
    const { pid, group, kill } = await startWorker();
    expect(processesOfGroup(group).length).toBeGreaterThan(3);
    expect(chromiumFolders(pid)).toHaveLength(1);

    // A living worker's folder is nobody else's to remove.
    await sweepChromiumFolders({ log: silent });
    expect(chromiumFolders(pid)).toHaveLength(1);

    await kill();
    await gone(group);
    const next = pool();
    await next.lend(request());
    await expect.poll(() => chromiumFolders(pid)).toEqual([]);
  });

  test("leaves even a Chromium that hangs only until the next one starts", async () => {
    const { pid, group, kill } = await startWorker();
    process.kill(-group, "SIGSTOP");
    await kill();
    expect(processesOfGroup(group).length).toBeGreaterThan(3);
    await sweepChromiumFolders({ log: silent });
    await gone(group);
    expect(chromiumFolders(pid)).toEqual([]);
  });
});
