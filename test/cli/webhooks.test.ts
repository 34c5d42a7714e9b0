import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cancelRun } from "../../src/job/cancel.ts";
import { type Delivery, listDeliveries } from "../../src/job/webhooks/deliveries.ts";
import { type Service, startService } from "../../src/main.ts";
import { Secret } from "../../src/secret.ts";
import { latchkey as run } from "../support/cli.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";

let ground: TestParts;
let service: Service;
let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  ground = await openTestParts({
    settings: { LATCHKEY_LOG_LEVEL: "", LATCHKEY_WEBHOOK_ALLOW: "127.0.0.0/8" },
  });
  service = await startService(ground.parts, new Set(["server"]));
  const { identities } = await ground.parts.store();
  await identities.create(
    "default",
    {
      name: "me",
      sourceUrl: "https://app.example/",
      credentials: [
        { type: "username_password", username: new Secret("me"), password: new Secret("nobody's") },
      ],
    },
    { name: "test" },
  );
});
afterAll(async () => {
  await service.stop(0);
  await ground[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const latchkey = (...args: string[]) => run(args, ground.environment);

/** Of the run, once there is one in this status. */
async function delivery(runId: string, status: Delivery["status"]): Promise<Delivery> {
  const { database } = await ground.parts.store();
  const look = async () =>
    (await listDeliveries(database.kysely, { project: "default", runId })).find(
      (one) => one.status === status,
    );
  await expect.poll(look, { timeout: 10_000 }).toBeDefined();
  const found = await look();
  expect.assert(found !== undefined);
  return found;
}

/** Submits with a webhook, and ends the run without a worker: it is cancelled. */
async function cancelledRun(webhook = receiver.url): Promise<string> {
  const args = ["submit", "web/capture", "--identity", "me", "--webhook", webhook, "--json"];
  const { stdout, stderr } = await run(args, ground.environment);
  expect(stderr).toBe("");
  const { runId } = JSON.parse(stdout) as { runId: string };
  const { database, runs } = await ground.parts.store();
  const { queue } = await ground.parts.queueing();
  await cancelRun({ database, runs, queue }, "default", runId);
  return runId;
}

test("a run submitted with --webhook is reported; the log of it is listed and shown, and told again", async () => {
  const runId = await cancelledRun();
  const { id } = await delivery(runId, "delivered");

  const listed = await latchkey("webhooks", "list", "--run", runId);
  expect(listed.stdout).toMatch(/^DELIVERY +RUN +TYPE +STATUS +TRIED +CREATED +URL +ANSWER\n/);
  expect(listed.stdout).toContain(`${id}  ${runId}  run.failed  delivered  1 `);
  const shown = await latchkey("webhooks", "show", id.slice(0, 8));
  expect(shown.stdout).toContain(receiver.url);
  expect(shown.stdout).toMatch(/✓ \S+ +[\d.]+ m?s +204/);
  expect(shown.stdout).toContain('"code": "cancelled"');

  const again = await latchkey("webhooks", "redeliver", id.slice(0, 8));
  expect(again.stdout).toContain("1 delivery due now");
  await expect
    .poll(() => receiver.received.filter(({ headers }) => headers["webhook-id"] === id).length)
    .toBe(2);
});

test("what was given up is listed by --failed and sent again", async () => {
  receiver.answer = (response) => response.writeHead(410).end();
  const runId = await cancelledRun();
  const { id } = await delivery(runId, "failed");
  const failed = await latchkey("webhooks", "list", "--failed", "--json");
  expect(JSON.parse(failed.stdout)).toMatchObject([{ id, runId, lastAttempt: { statusCode: 410 } }]);
  receiver.answer = (response) => response.writeHead(200).end();
  expect((await latchkey("webhooks", "redeliver", "--failed", "--json")).stdout).toContain(id);
  await delivery(runId, "delivered");
  expect((await latchkey("webhooks", "list", "--failed")).stdout).toBe("There are no such deliveries.\n");
});

test("a sample is sent and its signature checked with the secret that the command prints", async () => {
  const sent = await latchkey("webhooks", "test", receiver.url);
  expect(sent.stdout).toMatch(/^✓ delivered: 20\d \(\d+ ms\)\n$/);
  const old = (await latchkey("webhooks", "secret")).stdout.trim();
  expect(receiver.verified(old)).toMatchObject({ type: "webhook.test" });

  const rotated = (await latchkey("webhooks", "secret", "--rotate", "--json")).stdout;
  const { secret } = JSON.parse(rotated) as { secret: string };
  expect(secret).not.toBe(old);
  await latchkey("webhooks", "test", receiver.url);
  const { body, headers } = receiver.received.at(-1) ?? { body: "", headers: {} };
  for (const one of [old, secret])
    expect(new Webhook(one).verify(body, headers as Record<string, string>)).toBeDefined();

  receiver.answer = (response) => response.writeHead(500).end();
  const refused = await latchkey("webhooks", "test", receiver.url);
  expect(refused).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^✗ The receiver answered 500\. \(/),
  });
});

test("URLs that are not to be sent to are refused at once", { timeout: 60_000 }, async () => {
  for (const [url, words] of [
    ["http://10.0.0.1/", "is not public"],
    ["http://example.com/", "is not https"],
    ["https://a:b@example.com/", "carries a username or password"],
    ["mailto:me@example.com", "is not an http or https URL"],
  ] as const) {
    const { code, stderr } = await latchkey("submit", "web/capture", "--identity", "me", "--webhook", url);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
  }
  const sample = await latchkey("webhooks", "test", "https://169.254.169.254/");
  expect(sample).toMatchObject({ code: 1, stderr: expect.stringContaining("is not public") });
  expect((await latchkey("webhooks", "redeliver")).stderr).toContain("Say which");
  expect((await latchkey("webhooks", "show", randomUUID())).stderr).toContain("There is no webhook delivery");
});
