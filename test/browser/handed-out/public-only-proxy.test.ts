import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchHandedOut } from "../../../src/browser/handed-out/launch.ts";
import {
  openPublicOnlyProxy,
  type PublicOnlyProxy,
} from "../../../src/browser/handed-out/public-only-proxy.ts";
import { chromiumPath, silent } from "../../support/chromium.ts";
import { startServer, type TestServer } from "../../support/web-server.ts";

let site: TestServer;
let proxy: PublicOnlyProxy;
beforeAll(async () => {
  site = await startServer((_request, response) => void response.end("reached"));
  proxy = await openPublicOnlyProxy({ domains: ["own.localhost"] });
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

/** What the proxy answers to bytes. */
function ask(text: string): Promise<string> {
  const { port } = new URL(proxy.server);
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
    socket.end();
  });
  socket.on("close", () => resolve(answer));
  socket.on("error", () => resolve(answer));
  return promise;
}

const get = (host: string) =>
  ask(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
const tunnel = (host: string) => ask(`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

test.each([
  "localhost",
  "127.0.0.1",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "other.localhost",
  "127.1",
  "0.0.0.0",
  "2130706433",
])("%s is this machine, and is not reached", async (host) => {
  for (const answer of [await get(`${host}:${site.port}`), await tunnel(`${host}:${site.port}`)])
    expect(answer).not.toMatch(/^HTTP\/1\.[01] 200/);
  expect(site.requests).toEqual([]);
});

test.each(["10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]"])(
  "%s is refused before anything is sent",
  async (host) => {
    expect(await tunnel(`${host}:80`)).toMatch(/^HTTP\/1\.[01] 403/);
    expect(await get(host)).toMatch(/^HTTP\/1\.[01] 403/);
  },
);

test("the site itself is reached wherever it is", async () => {
  const before = site.connections();
  expect(await get(`own.localhost:${site.port}`)).toContain("reached");
  expect(await tunnel(`own.localhost:${site.port}`)).toMatch(/^HTTP\/1\.[01] 200/);
  expect(site.connections()).toBe(before + 2);
});

// Each has a flag of its own for what pages do beside HTTP.
test.each([
  ["Chromium", { wholeChromium: true }],
  ["its headless shell", { wholeChromium: false }],
])("%s behind it is led nowhere else, by pages or by what pages do beside HTTP", async (_which, choice) => {
  const udp = createSocket("udp4");
  let packets = 0;
  udp.on("message", () => {
    packets += 1;
  });
  udp.bind(0, "127.0.0.1");
  await once(udp, "listening");
  const { port } = udp.address();
  await using browser = await launchHandedOut({
    executablePath: chromiumPath(choice),
    sandbox: "auto",
    log: silent,
    window: { width: 800, height: 600 },
    proxyServer: proxy.server,
  });
  const driver = await chromium.connectOverCDP(browser.endpoint);
  const page = await driver.contexts()[0]?.newPage();
  const before = site.connections();
  expect((await page?.goto(`http://127.0.0.1:${site.port}/`))?.status()).toBe(403);
  expect(site.connections()).toBe(before);
  expect((await page?.goto(`http://own.localhost:${site.port}/`))?.status()).toBe(200);
  const found = await page?.evaluate(async (stunPort) => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${stunPort}` }] });
    peer.createDataChannel("x");
    const gathered = new Promise((resolve) => {
      peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve(undefined);
    });
    await peer.setLocalDescription();
    await gathered;
    return peer.localDescription?.sdp.match(/^a=candidate.*$/gm) ?? [];
  }, port);
  expect(found).toEqual([]);
  expect(packets).toBe(0);
  await driver.close();
  udp.close();
});
