import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { createLiveCalls } from "../../../src/job/live/live-call.ts";

const keyring = () => {
  const key = randomBytes(32);
  return { derive: (_: string, keyId = "00112233445f") => ({ keyId, key }) };
};
const own = keyring();
const server = createLiveCalls({ keyring: own });
const worker = createLiveCalls({ keyring: own });
const stranger = createLiveCalls({ keyring: keyring() });
const call = { id: randomUUID(), runId: randomUUID(), mayAct: false, urls: ["http://server:4190"] };

afterEach(() => {
  vi.useRealTimers();
});

test("a worker hears its servers' calls, and nobody else's", () => {
  expect(worker.read(server.sign(call))).toMatchObject(call);
  expect(worker.read(stranger.sign(call))).toBeUndefined();
  fc.assert(fc.property(fc.string(), (text) => worker.read(text) === undefined));
  fc.assert(fc.property(fc.json(), (text) => worker.read(text) === undefined));
});

test("nothing of a call can be changed", () => {
  const sent = server.sign(call);
  for (const [from, to] of [
    ["http://server:4190", "http://evil.example"],
    [String.raw`\"mayAct\":false`, String.raw`\"mayAct\":true`],
    [call.runId, randomUUID()],
  ] as const) {
    const changed = sent.replace(from, to);
    expect(changed).not.toBe(sent);
    expect(worker.read(changed)).toBeUndefined();
  }
});

test("a call of long ago is none", () => {
  const sent = server.sign(call);
  vi.useFakeTimers({ now: Date.now() + 5 * 60_000 });
  expect(worker.read(sent)).toBeUndefined();
});

test("an answer is good for its call alone, and is in no call", () => {
  const answer = worker.answerTo(call.id);
  expect(server.isAnswer(call.id, answer)).toBe(true);
  expect(server.isAnswer(randomUUID(), answer)).toBe(false);
  expect(server.isAnswer(call.id, stranger.answerTo(call.id))).toBe(false);
  const { mac } = JSON.parse(server.sign(call)) as { mac: string };
  expect(server.isAnswer(call.id, `00112233445f.${mac}`)).toBe(false);
  fc.assert(fc.property(fc.string(), (text) => !server.isAnswer(call.id, text)));
});
