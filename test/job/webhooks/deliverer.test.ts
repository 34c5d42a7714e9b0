import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type AllowedDestinations, parseAllowedDestinations } from "../../../src/destinations.ts";
import { Failure } from "../../../src/failure.ts";
import { createRunStore, type RunHold, type RunStore } from "../../../src/job/record/runs.ts";
import { nextPause } from "../../../src/job/webhooks/back-off.ts";
import { type Deliverer, type DelivererDeps, startDeliverer } from "../../../src/job/webhooks/deliverer.ts";
import {
  type Delivery,
  getDelivery,
  listDeliveries,
  redeliver,
} from "../../../src/job/webhooks/deliveries.ts";
import { claimNext, removeOld } from "../../../src/job/webhooks/outbox-rows.ts";
import { createWebhookSecrets, type WebhookSecrets } from "../../../src/job/webhooks/secrets.ts";
import { createSend, type Send } from "../../../src/job/webhooks/send.ts";
import { failedOutcome, type Outcome } from "../../../src/outcome.ts";
import { readRetryAfter } from "../../../src/retry-after.ts";
import { openTestKeyring } from "../../support/identities.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../../support/webhook-receiver.ts";

const log = pino({ level: "silent" });
const allowed = parseAllowedDestinations("127.0.0.0/8") as AllowedDestinations;
const succeeded: Outcome = { status: "succeeded", result: { answer: 42 } };
const noWork = { stages: [], artifacts: [] };

let db: TestDatabase;
let runs: RunStore;
let secrets: WebhookSecrets;
let receiver: WebhookReceiver;
const deliverers: Deliverer[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  runs = createRunStore(db.database.kysely);
  secrets = createWebhookSecrets({ db: db.database.kysely, keyring: await openTestKeyring() });
});
afterAll(() => db.drop());
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  for (const deliverer of deliverers.splice(0)) await deliverer.stop(0);
  await db.database.kysely.deleteFrom("webhook_deliveries").execute();
  await receiver[Symbol.asyncDispose]();
});

async function deliver(options: Partial<DelivererDeps> = {}): Promise<Deliverer> {
  const deliverer = await startDeliverer({
    database: db.database,
    secrets,
    send: createSend({ allowed, timeoutMs: 2_000 }),
    log,
    pauses: Array.from({ length: 9 }, () => 60),
    ...options,
  });
  deliverers.push(deliverer);
  return deliverer;
}

/** A run with a webhook, taken up by a worker. */
async function running(webhookUrl: string | null = receiver.url): Promise<RunHold> {
  const runId = randomUUID();
  const job = { project: "default", flow: "acme/invoice", identityId: randomUUID(), trace: false };
  await runs.create(runId, { ...job, ...(webhookUrl === null ? {} : { webhookUrl }) }, { maxAttempts: 1 });
  const taken = await runs.takeUp(runId, { worker: "w1", attempt: 1 });
  expect.assert(taken?.status === "held");
  return taken.hold;
}

const all = () => listDeliveries(db.database.kysely, { project: "default" });
const only = async (): Promise<Delivery | undefined> => (await all())[0];
const secret = async () => (await secrets.active("default"))[0]?.reveal() ?? "";

test("an outcome is told once, signed, as the run stands", async () => {
  await deliver();
  const hold = await running();
  await runs.end(hold, succeeded, noWork);
  await expect.poll(only).toMatchObject({ status: "delivered", attempts: 1, dueAt: null });
  expect(receiver.received).toHaveLength(1);
  const { type, data } = receiver.verified(await secret());
  expect(type).toBe("run.succeeded");
  expect(data).toMatchObject({ id: hold.runId, status: "succeeded", outcome: succeeded, attempts: 1 });
  expect(data["endedAt"]).toMatch(/^\d{4}-/);
  expect(data).not.toHaveProperty("worker");
  const [{ id } = { id: "" }] = await all();
  expect(receiver.received[0]?.headers["webhook-id"]).toBe(id);
});

test("a run without a webhook, and one that ends twice, tell nothing more", async () => {
  await runs.end(await running(null), succeeded, noWork);
  expect(await all()).toEqual([]);

  const hold = await running();
  await runs.end(hold, succeeded, noWork);
  // Tried again, as it is when the answer to the first was lost.
  await runs.end(hold, succeeded, noWork);
  expect(await runs.endUnheld(hold.runId, succeeded)).toBe(false);
  expect(await all()).toHaveLength(1);
});

test("failed runs, lost ones and runs that wait for a code are told too", async () => {
  await deliver();
  const failed = await running();
  await runs.markWaiting(failed, {
    isWaiting: true,
    news: { channel: "email", expects: "code", until: "2026-01-01T00:00:00.000Z" },
  });
  await expect.poll(only).toMatchObject({ status: "delivered", type: "run.waiting_for_code" });
  expect(receiver.verified(await secret())).toMatchObject({
    type: "run.waiting_for_code",
    data: { id: failed.runId, status: "waiting_for_code", waiting: { channel: "email" } },
  });
  await runs.markWaiting(failed, { isWaiting: true });
  await runs.markWaiting(failed, { isWaiting: false });
  await runs.end(failed, failedOutcome(new Failure("flow_failed", "It threw.")), noWork);
  await expect.poll(() => receiver.received.length).toBe(2);
  const lost = await running();
  await runs.endUnheld(lost.runId, failedOutcome(new Failure("worker_lost", "It died.")));
  await expect.poll(() => receiver.received.length).toBe(3);
  const told = receiver.received.map(
    ({ body }) => JSON.parse(body) as { type: string; data: { id: string } },
  );
  expect(told.map(({ type, data }) => [type, data.id])).toEqual([
    ["run.waiting_for_code", failed.runId],
    ["run.failed", failed.runId],
    ["run.failed", lost.runId],
  ]);
});

test("the outcome and its report are written together or not at all", async () => {
  const hold = await running();
  await sql`alter table webhook_deliveries add constraint no_more check (false) not valid`.execute(
    db.database.kysely,
  );
  try {
    await expect(runs.end(hold, succeeded, noWork)).rejects.toThrow("no_more");
    expect(await runs.get("default", hold.runId)).toMatchObject({ status: "running", outcome: null });
  } finally {
    await sql`alter table webhook_deliveries drop constraint no_more`.execute(db.database.kysely);
  }
  // A worker that dies between the outcome and the telling: nobody delivers until another process starts.
  await runs.end(hold, succeeded, noWork);
  expect(receiver.received).toHaveLength(0);
  await deliver();
  await expect.poll(() => receiver.received.length).toBe(1);
});

test("a receiver that is down, then answers 500, then recovers gets it under the same id", async () => {
  await receiver[Symbol.asyncDispose]();
  await deliver();
  await runs.end(await running(receiver.url), succeeded, noWork);
  await expect.poll(only).toMatchObject({ status: "pending", lastAttempt: { statusCode: null } });
  const down = await only();
  expect(down?.lastAttempt?.error).toContain("refuses connections");

  receiver = await startWebhookReceiver();
  receiver.answer = (response) => response.writeHead(receiver.received.length < 3 ? 500 : 200).end();
  await db.database.kysely
    .updateTable("webhook_deliveries")
    .set({ url: receiver.url, host: new URL(receiver.url).host })
    .execute();
  await expect
    .poll(only)
    .toMatchObject({ status: "delivered", lastAttempt: { statusCode: 200, error: null } });
  expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  const { log: attempts } = await getDelivery(db.database.kysely, "default", down?.id ?? "");
  expect(attempts.slice(-3).map(({ statusCode }) => statusCode)).toEqual([500, 500, 200]);
});

test("one that stays down is given up after the last pause, and sent again on demand", async () => {
  receiver.answer = (response) => response.writeHead(503).end();
  await deliver({ pauses: [20, 20] });
  const hold = await running();
  await runs.end(hold, succeeded, noWork);
  await expect.poll(only).toMatchObject({ status: "failed", attempts: 3 });
  receiver.answer = (response) => response.writeHead(200).end();
  const { kysely } = db.database;
  const id = (await only())?.id ?? "";
  expect(await redeliver(kysely, { project: "other", failed: true })).toEqual([]);
  await expect(redeliver(kysely, { project: "other", id })).rejects.toThrow("There is no webhook delivery");
  expect(await redeliver(kysely, { project: "default", failed: true })).toEqual([id]);
  await expect.poll(only).toMatchObject({ status: "delivered", attempts: 4 });
  expect(await redeliver(kysely, { project: "default", runId: hold.runId })).toEqual([id]);
  await expect.poll(only).toMatchObject({ status: "delivered", attempts: 5 });
  await expect(getDelivery(kysely, "other", id)).rejects.toThrow("There is no webhook delivery");
});

test("410 and an address that is not allowed are not tried again", async () => {
  receiver.answer = (response) => response.writeHead(410).end();
  await deliver();
  await runs.end(await running(), succeeded, noWork);
  await expect.poll(only).toMatchObject({ status: "failed", attempts: 1, lastAttempt: { statusCode: 410 } });
  await runs.end(await running("https://169.254.169.254/latest"), succeeded, noWork);
  await expect.poll(only).toMatchObject({ status: "failed", attempts: 1 });
  expect((await only())?.lastAttempt?.error).toContain("not public");
});

test("Retry-After puts the next attempt off", async () => {
  receiver.answer = (response) => response.writeHead(429, { "retry-after": "3600" }).end();
  await deliver();
  await runs.end(await running(), succeeded, noWork);
  await expect.poll(only).toMatchObject({ status: "pending", attempts: 1 });
  const dueIn = Date.parse((await only())?.dueAt ?? "") - Date.now();
  expect(dueIn).toBeGreaterThan(3_500_000);
  expect(dueIn).toBeLessThan(3_700_000);
});

test("the pauses grow to about a day in all", () => {
  const pauses = Array.from({ length: 9 }, (_, index) => nextPause(index + 1, {}) ?? 0);
  const hours = pauses.reduce((sum, pause) => sum + pause, 0) / 3_600_000;
  expect(hours).toBeGreaterThan(20);
  expect(hours).toBeLessThan(28);
  expect(pauses.toSorted((a, b) => a - b)).toEqual(pauses);
  expect(nextPause(10, {})).toBeUndefined();
  expect(nextPause(1, { retryAfterMs: 1e12 })).toBe(24 * 3_600_000);
  expect(readRetryAfter("soon")).toBeUndefined();
  expect(readRetryAfter("-1")).toBeUndefined();
});

test("two deliverers send each once, and none at the same time", async () => {
  let now = 0;
  const seen = new Map<string, number>();
  receiver.answer = (response, { headers }) => {
    const id = String(headers["webhook-id"]);
    seen.set(id, (seen.get(id) ?? 0) + 1);
    now += 1;
    setTimeout(() => {
      now -= 1;
      response.writeHead(200).end();
    }, 20);
  };
  await deliver({ perHost: 20 });
  await deliver({ perHost: 20 });
  const holds = await Promise.all(Array.from({ length: 40 }, () => running()));
  await Promise.all(holds.map((hold) => runs.end(hold, succeeded, noWork)));
  await expect
    .poll(async () => (await all()).filter(({ status }) => status === "delivered").length, {
      timeout: 10_000,
    })
    .toBe(40);
  expect([...seen.values()]).toEqual(Array.from({ length: 40 }, () => 1));
});

test("a slow receiver does not hold up the others", async () => {
  receiver.answer = () => {};
  const stuck = await Promise.all(Array.from({ length: 6 }, () => running()));
  for (const hold of stuck) await runs.end(hold, succeeded, noWork);
  await using quick = await startWebhookReceiver();
  await deliver({ concurrency: 3, perHost: 2 });
  await expect.poll(() => receiver.received.length).toBe(2);
  await runs.end(await running(quick.url), succeeded, noWork);
  await expect.poll(() => quick.received.length).toBe(1);
  expect(receiver.received).toHaveLength(2);
});

test("what a killed deliverer had in its hands is due again; its late answer changes nothing", async () => {
  await runs.end(await running(), succeeded, noWork);
  const { kysely } = db.database;
  const taken = await claimNext(kysely, { busyHosts: [], claimMs: 300 });
  expect(taken).toMatchObject({ claim: 1 });
  expect(await claimNext(kysely, { busyHosts: [], claimMs: 300 })).toBeUndefined();
  await deliver();
  await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBe(1);
  await expect.poll(only).toMatchObject({ status: "delivered" });
});

test("one that stops lets what is under way finish, or cuts it off and leaves it due", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<() => void>();
  receiver.answer = (response) => ask(() => response.writeHead(200).end());
  const first = await deliver();
  await runs.end(await running(), succeeded, noWork);
  const finish = await asked;
  const stopping = first.stop(5_000);
  finish();
  await stopping;
  expect(await only()).toMatchObject({ status: "delivered", attempts: 1 });

  receiver.answer = () => {};
  const second = await deliver();
  await runs.end(await running(), succeeded, noWork);
  await expect.poll(() => receiver.received.length).toBe(2);
  await second.stop(0);
  const cut = await only();
  expect(cut).toMatchObject({
    status: "pending",
    lastAttempt: { error: "It was cut off: Latchkey stopped." },
  });
  expect(Date.parse(cut?.dueAt ?? "")).toBeLessThanOrEqual(Date.now());
  receiver.answer = (response) => response.writeHead(200).end();
  await deliver();
  await expect.poll(only).toMatchObject({ status: "delivered" });
});

test("a sender that fails on our own side leaves the message for later", async () => {
  let calls = 0;
  const broken: Send = async () => {
    calls += 1;
    throw new Error("a fault of ours");
  };
  await deliver({ send: broken });
  await runs.end(await running(), succeeded, noWork);
  await expect.poll(() => calls).toBe(1);
  expect(await only()).toMatchObject({ status: "pending", attempts: 0 });
});

test("a secret is one per project, and the old one signs for a day after a rotation", async () => {
  const [a, b] = await Promise.all([secrets.active("default"), secrets.active("default")]);
  expect(a.map((one) => one.reveal())).toEqual(b.map((one) => one.reveal()));
  const actor = { name: "cli:ada" };
  const old = await secrets.reveal("default", actor);
  expect(old.reveal()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const fresh = await secrets.rotate("default", actor);
  expect(fresh.reveal()).not.toBe(old.reveal());
  await deliver();
  await runs.end(await running(), succeeded, noWork);
  await expect.poll(() => receiver.received.length).toBe(1);
  for (const one of [old, fresh]) expect(receiver.verified(one.reveal()).type).toBe("run.succeeded");

  await sql`update webhook_secrets set expires_at = now() where expires_at is not null`.execute(
    db.database.kysely,
  );
  expect((await secrets.active("default")).map((one) => one.reveal())).toEqual([fresh.reveal()]);
  const { rows } = await sql<{
    line: string;
  }>`select row_to_json(s)::text as line from webhook_secrets s`.execute(db.database.kysely);
  expect(rows.length).toBeGreaterThan(1);
  expect(JSON.stringify(rows)).not.toContain(fresh.reveal().slice(6));
  const audit = await db.database.kysely.selectFrom("audit").select("action").execute();
  expect(audit.map(({ action }) => action)).toEqual(["webhook_secret.revealed", "webhook_secret.rotated"]);
});

test("the log is kept for a while, what is under way for ever", async () => {
  await deliver();
  await runs.end(await running(), succeeded, noWork);
  await expect.poll(only).toMatchObject({ status: "delivered" });
  const { kysely } = db.database;
  expect(await removeOld(kysely, 30)).toBe(0);
  await kysely
    .updateTable("webhook_deliveries")
    .set({ ended_at: new Date(Date.now() - 31 * 86_400_000) })
    .execute();
  expect(await removeOld(kysely, 30)).toBe(1);
  expect(await all()).toEqual([]);
});
