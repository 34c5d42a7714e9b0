import { randomUUID } from "node:crypto";
import type { LookupAddress } from "node:dns";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Resolve } from "../../../src/checked-lookup.ts";
import { freePort } from "../../../src/database/embedded-server.ts";
import { type AllowedDestinations, parseAllowedDestinations } from "../../../src/destinations.ts";
import { createSend, type SendOptions } from "../../../src/job/webhooks/send.ts";
import { Secret } from "../../../src/secret.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../../support/webhook-receiver.ts";

const allow = (text: string) => parseAllowedDestinations(text) as AllowedDestinations;
const loopback = allow("127.0.0.0/8, ::1, *.hooks.test");
const secrets = ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];

let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
});
afterAll(() => receiver[Symbol.asyncDispose]());
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (response) => response.writeHead(204).end();
});

const post = (url: string, options: Partial<SendOptions> = {}, signal = new AbortController().signal) =>
  createSend({ allowed: loopback, timeoutMs: 2_000, ...options })(
    { id: randomUUID(), url, body: '{"type":"run.succeeded","é":"ü"}' },
    secrets.map((secret) => new Secret(secret)),
    signal,
  );

/** A DNS that answers the next query with the next list. */
function dns(...answers: string[][]): Resolve & { asked: () => number } {
  let asked = 0;
  const resolve: Resolve = (_hostname, _options, callback) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    callback(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return Object.assign(resolve, { asked: () => asked });
}

test("what is sent is verified by the library, with either secret", async () => {
  expect(await post(`${receiver.url}?a=1`)).toMatchObject({ statusCode: 204 });
  const [message] = receiver.received;
  expect(message?.path).toBe("/hook?a=1");
  expect(message?.headers).toMatchObject({ "content-type": "application/json" });
  for (const secret of secrets) expect(receiver.verified(secret)).toMatchObject({ é: "ü" });
  expect(() => receiver.verified("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).toThrow("No matching signature");
  expect.assert(message !== undefined);
  expect(() => receiver.verified(secrets[0] ?? "", { ...message, body: `${message.body} ` })).toThrow(
    "No matching signature",
  );
});

test.each([
  [200, /^$/, undefined],
  [202, /^$/, undefined],
  [301, /redirects/, undefined],
  [307, /redirects/, undefined],
  [400, /answered 400/, undefined],
  [410, /gone/, true],
  [500, /answered 500/, undefined],
])("an answer of %i is told in our own words", async (status, error, final) => {
  receiver.answer = (response) =>
    response.writeHead(status, { location: "http://169.254.169.254/" }).end("secret text of theirs");
  const attempt = await post(receiver.url);
  expect(attempt.statusCode).toBe(status);
  expect(attempt.error ?? "").toMatch(error);
  expect(attempt.final).toBe(final);
  expect(JSON.stringify(attempt)).not.toContain("theirs");
  expect(receiver.received).toHaveLength(1);
});

test("a redirect is not followed, wherever it leads", async () => {
  receiver.answer = (response) =>
    response.writeHead(302, { location: `${receiver.server.url}/secret` }).end();
  expect(await post(receiver.url)).toMatchObject({ statusCode: 302 });
  expect(receiver.received.map(({ path }) => path)).toEqual(["/hook"]);
});

test.each([
  ["120", 120_000],
  [new Date(Date.now() + 60_000).toUTCString(), 60_000],
])("Retry-After: %s", async (header, expected) => {
  receiver.answer = (response) => response.writeHead(503, { "retry-after": header }).end();
  const { retryAfterMs = 0 } = await post(receiver.url);
  expect(Math.abs(retryAfterMs - expected)).toBeLessThan(3_000);
});

test("a receiver that does not answer is left after the time there is", async () => {
  receiver.answer = () => {};
  const attempt = await post(receiver.url, { timeoutMs: 300 });
  expect(attempt.error).toBe("The receiver did not answer within 0.3 s.");
  expect(attempt.durationMs).toBeLessThan(2_000);
});

test("an answer that never ends, or is huge, counts by its status", async () => {
  receiver.answer = (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write("x".repeat(1_000_000)), 5);
    response.on("close", () => clearInterval(drip));
  };
  const attempt = await post(receiver.url, { timeoutMs: 1_500 });
  expect(attempt).toMatchObject({ statusCode: 200 });
  expect(attempt.error).toBeUndefined();
});

test("a receiver that is down, breaks the connection or has no name is told apart", async () => {
  const port = await freePort();
  expect((await post(`http://127.0.0.1:${port}/`)).error).toContain("refuses connections");
  receiver.answer = (response) => response.destroy();
  expect((await post(receiver.url)).error).toContain("broke the connection");
  const nowhere: Resolve = (_hostname, _options, callback) =>
    callback(Object.assign(new Error("x"), { code: "ENOTFOUND" }), []);
  expect((await post("https://nowhere.example/", { resolve: nowhere })).error).toContain("DNS does not know");
});

test("nothing that is not public is connected to, whatever leads there", async () => {
  const before = receiver.server.connections();
  const { port } = receiver.server;
  const options = { allowed: allow("") };
  for (const url of [
    `https://127.0.0.1:${port}/`,
    `https://[::1]:${port}/`,
    `https://[::ffff:127.0.0.1]:${port}/`,
    `https://2130706433:${port}/`,
    `https://localhost:${port}/`,
    `http://93.184.215.14:${port}/`,
  ])
    expect(await post(url, options), url).toMatchObject({ final: true });
  for (const addresses of [["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["93.184.215.14", "127.0.0.1"]]) {
    const attempt = await post(`https://public.example:${port}/`, { ...options, resolve: dns(addresses) });
    expect(attempt, String(addresses)).toMatchObject({ final: true });
    expect(attempt.error).toContain("not public");
  }
  expect(receiver.server.connections()).toBe(before);
});

test("a name that leads elsewhere once it was checked is asked for once only", async () => {
  const before = receiver.server.connections();
  const rebinding = dns(["192.0.2.1"], ["127.0.0.1"]);
  const { port } = receiver.server;
  // The first answer is let in by the list; the second, loopback, would be a mistake.
  const attempt = await post(`https://rebinding.example:${port}/`, {
    allowed: allow("192.0.2.0/24"),
    resolve: rebinding,
    timeoutMs: 400,
  });
  expect(attempt.statusCode).toBeUndefined();
  expect(rebinding.asked()).toBe(1);
  expect(receiver.server.connections()).toBe(before);
  const second = await post(`https://rebinding.example:${port}/`, {
    allowed: allow("192.0.2.0/24"),
    resolve: rebinding,
  });
  expect(second).toMatchObject({ final: true });
  expect(receiver.server.connections()).toBe(before);
});

test("a listed name is sent to, wherever DNS leads", async () => {
  const url = `http://a.hooks.test:${receiver.server.port}/hook`;
  expect(await post(url, { resolve: dns(["127.0.0.1"]) })).toMatchObject({ statusCode: 204 });
  expect(receiver.received[0]?.headers.host).toContain("a.hooks.test");
});

test("what stops the sender ends an attempt with its reason", async () => {
  receiver.answer = () => {};
  const stop = new AbortController();
  const sending = post(receiver.url, {}, stop.signal);
  stop.abort(new Error("enough"));
  await expect(sending).rejects.toThrow("enough");
});
