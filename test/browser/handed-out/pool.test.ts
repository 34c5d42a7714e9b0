import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import { createChromiumPool, usualShape } from "../../../src/browser/handed-out/pool.ts";
import { sweepChromiumFolders } from "../../../src/browser/worker-folder.ts";
import {
  assertNoChromiumLeft,
  chromiumFolders,
  chromiumPath,
  ownChromiums,
  processesOfGroup,
  silent,
} from "../../support/chromium.ts";

afterAll(() => assertNoChromiumLeft());

const openPool = (size: number) =>
  createChromiumPool({
    executablePath: () => chromiumPath(),
    sandbox: "auto",
    size,
    log: silent,
  });

test("a browser started ahead is handed out once, and one that died meanwhile is not", async () => {
  await using pool = openPool(1);
  pool.fill();
  pool.fill();
  const first = await pool.take(usualShape);
  expect(first.connection.context.pages()).toEqual([first.page]);
  const groups = () => new Set(ownChromiums().map(({ group }) => group));
  expect(groups()).toContain(first.chromium.group);

  pool.fill();
  const second = await pool.take(usualShape);
  expect(second.chromium.group).not.toBe(first.chromium.group);
  pool.fill();
  await expect.poll(() => groups().size).toBe(3);
  const [waiting = 0] = [...groups()].filter(
    (group) => group !== first.chromium.group && group !== second.chromium.group,
  );
  process.kill(-waiting, "SIGKILL");
  await expect.poll(() => processesOfGroup(waiting)).toEqual([]);
  const third = await pool.take(usualShape);
  expect(third.chromium.group).not.toBe(waiting);
  expect(third.chromium.lost.aborted).toBe(false);
  for (const { chromium, connection } of [first, second, third]) {
    await connection[Symbol.asyncDispose]();
    await chromium.close();
  }
});

test("another shape than the usual is started for whoever asks", async () => {
  await using pool = openPool(1);
  pool.fill();
  const { chromium, connection, page } = await pool.take({ window: { width: 500, height: 400 } });
  expect(await page.evaluate(() => [innerWidth, innerHeight])).toEqual([500, 400]);
  await connection[Symbol.asyncDispose]();
  await chromium.close();
});

test("of a server that was killed neither browser nor screen is left, and the next one removes its folder", async () => {
  const server = spawn(process.execPath, [join(import.meta.dirname, "../../support/killed-server.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(server.stdout), "line")) as [string];
  const { group } = JSON.parse(line) as { group: number };
  const screens = () => ownChromiums(server.pid).filter(({ command }) => command.startsWith("Xvfb"));
  const [screen] = screens();
  expect(screen === undefined).toBe(process.env["DISPLAY"] !== undefined);
  expect(processesOfGroup(group).length).toBeGreaterThan(2);

  server.kill("SIGKILL");
  await expect.poll(() => processesOfGroup(group)).toEqual([]);
  await expect
    .poll(() => processesOfGroup(screen?.group ?? 0).filter(({ pid }) => pid === screen?.pid))
    .toEqual([]);
  expect(chromiumFolders(server.pid)).toHaveLength(1);
  await sweepChromiumFolders({ log: silent });
  expect(chromiumFolders(server.pid)).toEqual([]);
});
