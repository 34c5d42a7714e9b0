import { readdir } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { createChromiumPool, usualShape } from "../../../src/browser/handed-out/pool.ts";
import { watchBrowser } from "../../../src/browser/handed-out/watch.ts";
import { assertNoChromiumLeft, chromiumPath, silent } from "../../support/chromium.ts";
import { startServer } from "../../support/web-server.ts";

afterAll(() => assertNoChromiumLeft());

test("downloads beyond the limit are cancelled, and nothing of them is left", async () => {
  await using site = await startServer((request, response) => {
    const bytes = Number(request.url?.slice(1));
    if (!Number.isInteger(bytes)) return void response.end("none");
    // More than is said comes for as long as anybody takes it.
    response.setHeader("content-disposition", "attachment").write("x".repeat(bytes));
    if (bytes < 1_000) return void response.end();
    const more = setInterval(() => response.write("x".repeat(1_000)), 20);
    response.on("close", () => clearInterval(more));
  });
  await using pool = createChromiumPool({
    executablePath: () => chromiumPath(),
    sandbox: "auto",
    size: 1,
    log: silent,
  });
  const { chromium, connection, page } = await pool.take(usualShape);
  const kept: string[] = [];
  let refused = 0;
  const watch = await watchBrowser({
    ...chromium,
    limit: { bytes: 100_000, files: 3 },
    onDownload: ({ path }) => kept.push(path),
    onRefused: () => {
      refused += 1;
    },
  });
  const download = (bytes: number) => page.goto(`${site.url}/${bytes}`).catch(() => undefined);
  await download(400);
  await download(500);
  await expect.poll(() => kept.length).toBe(2);
  await download(50_000);
  await expect.poll(() => refused, { timeout: 10_000 }).toBe(1);
  await expect.poll(() => readdir(chromium.downloadsDir)).toHaveLength(2);
  await download(100);
  await expect.poll(() => kept.length).toBe(3);
  await download(1);
  await expect.poll(() => refused).toBe(2);
  await watch.collect();
  expect(kept).toHaveLength(3);
  await expect.poll(() => readdir(chromium.downloadsDir)).toHaveLength(3);
  await watch[Symbol.asyncDispose]();
  await connection[Symbol.asyncDispose]();
  await chromium.close();
});
