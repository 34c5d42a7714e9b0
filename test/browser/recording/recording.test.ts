import { createReadStream, existsSync } from "node:fs";
import { copyFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HandedOutChromium, launchHandedOut } from "../../../src/browser/handed-out/launch.ts";
import { readFrameFile } from "../../../src/browser/recording/frame-file.ts";
import { startRecording } from "../../../src/browser/recording/start-recording.ts";
import { createVideoMaker, type VideoMaker } from "../../../src/browser/recording/video-maker.ts";
import { assertNoChromiumLeft, chromiumPath, launchChromium, silent } from "../../support/chromium.ts";
import { startServer, type TestServer } from "../../support/web-server.ts";

let started: HandedOutChromium;
let driver: Browser;
let page: Page;
let dir: string;
let files: TestServer;
let videos: VideoMaker;

const launch = () =>
  launchHandedOut({
    executablePath: chromiumPath(),
    sandbox: "auto",
    log: silent,
    window: { width: 1_280, height: 800 },
  });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "latchkey-test-recording-"));
  started = await launch();
  driver = await chromium.connectOverCDP(started.endpoint, { noDefaults: true });
  const context = driver.contexts()[0];
  if (context === undefined) throw new Error("The browser has no context.");
  page = await context.newPage();
  files = await startServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    if (request.url === "/") response.setHeader("content-type", "text/html").end("<video muted></video>");
    else
      createReadStream(join(dir, request.url ?? ""))
        .on("error", () => response.destroy())
        .pipe(response.setHeader("content-type", "video/mp4"));
  });
  videos = createVideoMaker({
    executablePath: () => chromiumPath(),
    sandbox: "auto",
    log: silent,
  });
});
afterAll(async () => {
  await videos[Symbol.asyncDispose]();
  await driver.close();
  await started.close();
  await files[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
  assertNoChromiumLeft();
});

const paint = (colour: string) =>
  page.evaluate((background) => {
    document.body.style.background = background;
  }, colour);

test("what a browser shows becomes a video that plays, each picture for as long as it stood", {
  timeout: 60_000,
}, async () => {
  await page.goto("data:text/html,<body style='background:rgb(255,0,0)'>");
  const own = await mkdtemp(join(dir, "plays-"));
  const recording = await startRecording({ endpoint: started.endpoint, dir: own, log: silent });
  await delay(1_500);
  await paint("rgb(0,0,255)");
  await delay(3_500);
  const popup = await page.context().newPage();
  await popup.goto("data:text/html,<body style='background:rgb(0,128,0)'>");
  await delay(1_000);
  const captured = await recording.stop();
  await popup.close();
  if (captured === undefined) throw new Error("Nothing was recorded.");
  expect(captured.durationMs).toBeGreaterThan(6_000);
  // A page that stands still is painted once.
  expect(captured.count).toBeLessThan(30);

  await videos.make({ frames: captured, dir: own }, async ({ file, bytes, durationMs }) => {
    expect(bytes).toBe((await stat(file)).size);
    expect(bytes).toBeLessThan(200_000);
    expect(durationMs).toBe(captured.durationMs);
    await copyFile(file, join(dir, "video.mp4"));
  });
  expect(existsSync(own)).toBe(false);

  await using viewer = await launchChromium();
  const player = await viewer.newPage();
  await player.goto(files.url);
  const seen = await player.evaluate(async (src) => {
    const element = document.querySelector("video");
    if (element === null) throw new Error("There is no player.");
    const blob = await (await fetch(src)).blob();
    element.src = URL.createObjectURL(blob);
    await new Promise((resolve, reject) => {
      element.onloadeddata = resolve;
      element.onerror = () => reject(new Error(element.error?.message));
    });
    const at = async (seconds: number) => {
      // A busy machine shows the picture some time after it has found it; where it shows that one already, no other comes.
      const shown = new Promise((resolve) => {
        element.requestVideoFrameCallback(resolve);
        setTimeout(resolve, 1_500);
      });
      const found = new Promise((resolve) => {
        element.onseeked = resolve;
      });
      element.currentTime = seconds;
      await Promise.all([found, shown]);
      const canvas = new OffscreenCanvas(element.videoWidth, element.videoHeight);
      const context = canvas.getContext("2d");
      context?.drawImage(element, 0, 0);
      const [red = 0, green = 0, blue = 0] = context?.getImageData(50, 50, 1, 1).data ?? [];
      return red > 150 ? "red" : blue > 150 ? "blue" : green > 80 ? "green" : [red, green, blue].join();
    };
    const { duration, videoWidth, videoHeight } = element;
    const colours = [await at(0.7), await at(3), await at(4.5), await at(duration - 0.3), await at(0.2)];
    element.currentTime = 0;
    await element.play();
    return { duration, videoWidth, videoHeight, colours };
  }, `${files.url}/video.mp4`);
  expect(seen.duration * 1_000).toBeGreaterThan(captured.durationMs - 100);
  expect(seen.duration * 1_000).toBeLessThan(captured.durationMs + 100);
  expect(seen.colours).toEqual(["red", "blue", "blue", "green", "red"]);
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: innerHeight }));
  expect(seen.videoWidth / seen.videoHeight).toBeCloseTo(width / height, 1);
});

test("a recording stops by itself when it is as large as it may be", async () => {
  const own = await mkdtemp(join(dir, "full-"));
  await page.goto("data:text/html,<canvas width=1200 height=700>");
  const { endpoint } = started;
  const recording = await startRecording({ endpoint, dir: own, log: silent, mostBytes: 100_000 });
  await page.evaluate(() => {
    const context = document.querySelector("canvas")?.getContext("2d");
    const draw = () => {
      for (let line = 0; line < 700; line += 1) {
        if (context) context.fillStyle = `hsl(${Math.random() * 360} 90% 50%)`;
        context?.fillRect(0, line, 1_200, 1);
      }
      requestAnimationFrame(draw);
    };
    draw();
  });
  const frames = join(own, "frames.bin");
  await expect.poll(async () => (await stat(frames)).size).toBeGreaterThan(100_000);
  const { size } = await stat(frames);
  await delay(500);
  expect((await stat(frames)).size).toBe(size);
  const captured = await recording.stop();
  const times: number[] = [];
  for await (const { atMs } of readFrameFile(frames)) times.push(atMs);
  expect(times).toHaveLength(captured?.count ?? 0);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("a browser that dies is no reason to lose what was recorded", async () => {
  const own = await mkdtemp(join(dir, "dies-"));
  await page.goto("data:text/html,here");
  const other = await launch();
  const outside = await chromium.connectOverCDP(other.endpoint, { noDefaults: true });
  await outside.contexts()[0]?.newPage();
  const recording = await startRecording({ endpoint: other.endpoint, dir: own, log: silent });
  const frames = join(own, "frames.bin");
  await expect.poll(async () => (await stat(frames)).size).toBeGreaterThan(0);
  await other.close();
  expect((await recording.stop())?.count).toBeGreaterThan(0);
});
