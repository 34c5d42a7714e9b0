import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { generate } from "otplib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { RunEvent } from "../../src/events.ts";
import type { Identity } from "../../src/identity/types.ts";
import { handInCode } from "../../src/job/hand-in-code.ts";
import { type Service, startService } from "../../src/main.ts";
import { Secret } from "../../src/secret.ts";
import { latchkey } from "../support/cli.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { ended, submit } from "../support/runs.ts";

/** Her codes are good for half a minute: a command takes its time to hand one in. */
const ada = {
  username: "ada@larch.example",
  password: "ash-birch-Cedar-42",
  totpSecret: "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR",
};

let site: PracticeSite;
let ground: TestParts;
let service: Service;
let identity: Identity;
const actor = { name: "test" };

beforeAll(async () => {
  site = await startPracticeSite({ users: [ada] });
  ground = await openTestParts({
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_LOGIN_TIMEOUT_MS: "20000" },
  });
  service = await startService(ground.parts, new Set(["worker"]));
});
afterAll(async () => {
  await service.stop(1_000);
  await ground[Symbol.asyncDispose]();
  await site.close();
});
beforeEach(async () => {
  site.reset();
  const { identities } = await ground.parts.store();
  identity = await identities.create(
    "default",
    {
      name: `ada-${randomUUID().slice(0, 8)}`,
      sourceUrl: `${site.url}/`,
      credentials: [
        {
          type: "username_password",
          username: new Secret(ada.username),
          password: new Secret(ada.password),
        },
      ],
    },
    actor,
  );
});

/** As her phone shows it at this moment. */
const codeNow = async () => await generate({ secret: ada.totpSecret });

/** Follows the run to its end, and does `then` when it waits for a code. */
async function whenItWaits(runId: string, then: () => Promise<unknown>) {
  const events: RunEvent[] = [];
  const run = await ended(ground.parts, runId, async (event) => {
    events.push(event);
    if (event.type === "waiting_for_code") await then();
  });
  return { run, events };
}

async function handIn(runId: string, code: string) {
  await handInCode(await ground.parts.store(), { project: "default", runId, code: new Secret(code), actor });
}

test("a run whose login needs a code waits for it with its slot and lease, and goes on when it is handed in", async () => {
  const { runs } = await ground.parts.store();
  const runId = await submit(ground.parts, { identityId: identity.id, flow: "trial/look" });
  const { run, events } = await whenItWaits(runId, async () => {
    expect(await runs.get("default", runId)).toMatchObject({ status: "waiting_for_code", attempts: 1 });
    const listed = await latchkey(["runs", "--status", "waiting_for_code"], ground.environment);
    expect(listed.stdout).toContain(runId.slice(0, 8));
    const handedIn = await latchkey(["code", runId.slice(0, 8)], ground.environment, {
      stdin: `${await codeNow()}\n`,
    });
    expect(handedIn).toEqual({ code: 0, stdout: `✓ handed in  ${runId}\n`, stderr: "" });
  });
  expect(run).toMatchObject({ status: "succeeded", attempts: 1 });
  expect(site.counters).toMatchObject({ logins: 1, passwordSubmits: 1, codeSubmits: 1 });
  const waited = events.find((event) => event.type === "waiting_for_code");
  expect(waited).toMatchObject({ expects: "code", until: expect.stringMatching(/^\d{4}-.*Z$/) });
  expect(events).toContainEqual({ type: "code_received", kind: "code" });
});

test("the code that is handed in for an identity goes to its run that asks", async () => {
  const runId = await submit(ground.parts, { identityId: identity.id, flow: "trial/look" });
  const { run } = await whenItWaits(runId, async () => {
    const { code, stdout } = await latchkey(["code", "--identity", identity.name, "--code-env", "HER_CODE"], {
      ...ground.environment,
      HER_CODE: await codeNow(),
    });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `✓ handed in for the next run of ${identity.name} that asks\n`,
    });
  });
  expect(run.status).toBe("succeeded");
});

test("a second code is waited for when the site refuses the first, and no third", async () => {
  const wrong = ["000000", "111111", "222222"];
  const runId = await submit(ground.parts, { identityId: identity.id, flow: "trial/look" });
  const { run, events } = await whenItWaits(runId, () => handIn(runId, wrong.shift() ?? ""));
  expect(run).toMatchObject({ status: "failed", outcome: { code: "invalid_one_time_code" } });
  expect(events.filter(({ type }) => type === "waiting_for_code")).toHaveLength(2);
  expect(site.counters).toMatchObject({ passwordSubmits: 1, codeSubmits: 2 });
});

test("a code that does not come in time is a failure of its own: the identity has not failed, and nothing is tried again", async () => {
  const runId = await submit(
    ground.parts,
    { identityId: identity.id, flow: "trial/look", codeTimeoutMs: 300 },
    { attempts: 3 },
  );
  const run = await ended(ground.parts, runId);
  expect(run).toMatchObject({ status: "failed", attempts: 1, outcome: { code: "one_time_code_timeout" } });
  expect(site.counters).toMatchObject({ passwordSubmits: 1, codeSubmits: 0 });
  const { identities } = await ground.parts.store();
  expect(await identities.get("default", identity.id)).toMatchObject({ status: "pending" });
});

test("a run that may wait for nobody ends at once", async () => {
  const runId = await submit(ground.parts, { identityId: identity.id, flow: "trial/look", codeTimeoutMs: 0 });
  const { run, events } = await whenItWaits(runId, async () => {});
  expect(run).toMatchObject({ status: "failed", outcome: { code: "one_time_code_required" } });
  expect(events.filter(({ type }) => type === "waiting_for_code")).toEqual([]);
});

test("a run that waits can be cancelled", async () => {
  const runId = await submit(ground.parts, { identityId: identity.id, flow: "trial/look" });
  const { run } = await whenItWaits(runId, () => latchkey(["cancel", runId], ground.environment));
  expect(run).toMatchObject({ status: "failed", outcome: { code: "cancelled" } });
});

test("another run of the identity waits its turn meanwhile, and then needs no code", async () => {
  const first = await submit(ground.parts, { identityId: identity.id, flow: "trial/look" });
  let second = "";
  const { run } = await whenItWaits(first, async () => {
    second = await submit(ground.parts, { identityId: identity.id, flow: "trial/look" });
    const { runs } = await ground.parts.store();
    await expect.poll(async () => (await runs.get("default", second)).status).toBe("deferred");
    await handIn(first, await codeNow());
  });
  expect(run.status).toBe("succeeded");
  expect(await ended(ground.parts, second)).toMatchObject({ status: "succeeded" });
  expect(site.counters).toMatchObject({ logins: 1, codeSubmits: 1 });
});

test("no code can be handed in to a run that has ended, or that there is none of", async () => {
  const runId = await submit(ground.parts, { identityId: identity.id, flow: "trial/look", codeTimeoutMs: 0 });
  await ended(ground.parts, runId);
  await expect(handIn(runId, "123456")).rejects.toMatchObject({ code: "conflict" });
  const late = await latchkey(["code", runId], ground.environment, { stdin: "123456" });
  expect(late.code).toBe(1);
  expect(late.stderr).toContain("has ended: no code is waited for any more");
  const none = await latchkey(["code"], ground.environment, { stdin: "123456" });
  expect(none.stderr).toContain("No run waits for a code.");
});
