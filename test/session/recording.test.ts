import { setTimeout as delay } from "node:timers/promises";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApi, type TestApi } from "../support/api.ts";
import { assertNoChromiumLeft } from "../support/chromium.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

let ground: TestParts;
let api: TestApi;

beforeAll(async () => {
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});

const create = (recording: boolean) =>
  api.deps.sessions.create({
    project: "default",
    actor: "key:test",
    signal: new AbortController().signal,
    recording,
  });

test("a session that is to be recorded leaves a video; another leaves none", async () => {
  const { sessions } = api.deps;
  const other = await create(false);
  const recorded = await create(true);
  const { endpoint } = await sessions.live("default", recorded.id);
  const driver = await chromium.connectOverCDP(endpoint, { noDefaults: true });
  await driver.contexts()[0]?.pages()[0]?.goto("data:text/html,<h1>seen</h1>");
  await delay(500);
  await driver.close();
  for (const { id } of [other, recorded]) await sessions.end("default", id);

  const listed = async (id: string) =>
    (await api.call({ url: `/v1/sessions/${id}/recordings` })).json<{ data: { count: number } }>().data;
  await expect.poll(async () => (await listed(recorded.id)).count).toBe(1);
  expect((await listed(other.id)).count).toBe(0);
  expect(await listed(recorded.id)).toMatchObject({
    items: [
      { is_primary: true, suggested_file_name: "recording.mp4", duration: expect.stringMatching(/^\d/) },
    ],
  });
  const video = await api.call({ url: `/v1/sessions/${recorded.id}/recordings/primary/fetch` });
  expect(video.headers["content-type"]).toBe("video/mp4");
  // ISO 14496-12: the file says what it is in its first box.
  expect(video.rawPayload.subarray(4, 8).toString()).toBe("ftyp");
});

test("a recording that cannot become a video any more leaves nothing behind", async () => {
  const parts = ground.another();
  const own = await openTestApi(parts);
  const session = await own.deps.sessions.create({
    project: "default",
    actor: "key:test",
    signal: new AbortController().signal,
    recording: true,
  });
  await own.deps.sessions.end("default", session.id);
  await own[Symbol.asyncDispose]();
  await parts[Symbol.asyncDispose]();
  expect(await api.deps.sessions.files("default", session.id)).toEqual(expect.any(Array));
  assertNoChromiumLeft();
});
