import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSessionGround, type SessionGround } from "../../support/session-ground.ts";

let on: SessionGround;
let id: string;
let folder: string;
let key: string;

beforeAll(async () => {
  on = await openSessionGround();
  ({ id } = await on.create());
  folder = (await on.api.deps.sessions.live("default", id)).uploadsDir;
  key = await on.api.addKey("admin");
});
afterAll(async () => {
  await on.clear();
  await on[Symbol.asyncDispose]();
});

async function upload(text: string, name: string): Promise<Response> {
  const body = new FormData();
  body.set("file", new Blob([text]), name);
  const headers = { authorization: `Bearer ${key}` };
  return await fetch(`${on.service}/v1/sessions/${id}/uploads`, { method: "POST", body, headers });
}

test("an upload that breaks off leaves nothing, and what was there before as it was", async () => {
  expect((await upload("whole", "cv.txt")).status).toBe(200);
  const { port } = new URL(on.service);
  const socket = connect(Number(port), "127.0.0.1");
  const part = '--x\r\ncontent-disposition: form-data; name="file"; filename="cv.txt"\r\n\r\nhalf';
  socket.write(
    `POST /v1/sessions/${id}/uploads HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: multipart/form-data; boundary=x\r\ncontent-length: 100000\r\n\r\n${part}${"a".repeat(10_000)}`,
  );
  await expect.poll(async () => (await readdir(folder)).length).toBe(2);
  socket.destroy();
  await expect.poll(() => readdir(folder)).toEqual(["cv.txt"]);
  expect(await readFile(join(folder, "cv.txt"), "utf8")).toBe("whole");
});

test("there is room for so many files and bytes of a session", async () => {
  await writeFile(join(folder, "large"), "");
  await truncate(join(folder, "large"), 2 ** 30);
  expect((await upload("one more", "more.txt")).status).toBe(413);
  await truncate(join(folder, "large"), 0);
  expect((await upload("one more", "more.txt")).status).toBe(200);
  for (let number = 0; number < 197; number += 1) await writeFile(join(folder, `small-${number}`), "");
  expect(await readdir(folder)).toHaveLength(200);
  expect((await upload("too many", "many.txt")).status).toBe(413);
  expect(await readdir(folder)).toHaveLength(200);
});
