import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { RunEvent } from "../../src/events.ts";
import { Failure } from "../../src/failure.ts";
import type { Identity } from "../../src/identity/types.ts";
import type { JobInput } from "../../src/job/job.ts";
import { runJob } from "../../src/job/run-job.ts";
import { replay } from "../../src/login/replay.ts";
import { parseStoredLogin } from "../../src/login/stored-login.ts";
import type { Outcome } from "../../src/outcome.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { quickUser } from "../support/runs.ts";
import { startServer } from "../support/web-server.ts";

let ground: TestParts;
let site: PracticeSite;
let identity: Identity;

beforeAll(async () => {
  site = await startPracticeSite({ users: [quickUser] });
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await site.close();
});
/** An identity nobody has signed in as, at a site that remembers nothing. */
async function useFreshIdentity(): Promise<void> {
  site.reset();
  const name = `ada-${randomUUID().slice(0, 8)}`;
  identity = await addPracticeIdentity(ground.parts, site.url, quickUser, { name });
}

/** An identity with a saved state: what follows needs no login of its own. */
async function useSignedInIdentity(): Promise<void> {
  await useFreshIdentity();
  expect((await run({ flow: "trial/look" })).outcome.status).toBe("succeeded");
}

interface RunOptions {
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
}

async function run(
  job: Partial<JobInput> & { flow: string },
  { signal, onEvent }: RunOptions = {},
): Promise<{ runId: string; outcome: Outcome; events: RunEvent[] }> {
  const { parts } = ground;
  const { identities, leases, codes } = await parts.store();
  const { openSession } = await parts.browsers();
  const events: RunEvent[] = [];
  const runId = randomUUID();
  const outcome = await runJob(
    { identityId: identity.id, ...job },
    runId,
    {
      catalogue: await parts.catalogue(),
      identities,
      leases,
      openSession,
      artifacts: parts.artifacts,
      log: parts.log,
      emit: (event) => {
        events.push(event);
        onEvent?.(event);
      },
      actor: "test",
      whenBusy: "fail",
      codes,
      codeTimeoutMs: 30_000,
      runDeadlineMs: 30_000,
      loginTimeoutMs: 30_000,
    },
    signal ?? new AbortController().signal,
  );
  return { runId, outcome, events };
}

async function freshIdentity(): Promise<Identity> {
  return (await ground.parts.store()).identities.get("default", identity.id);
}

describe("signing in", () => {
  beforeEach(useFreshIdentity);

  test("the first run signs in once, the second reuses the saved state, and both get a signed-in page", async () => {
    const first = await run({ flow: "trial/look", input: { word: "one" } });
    expect(first.outcome).toEqual({
      status: "succeeded",
      result: { heading: expect.any(String), word: "one", identity: identity.name },
    });
    expect(site.counters).toMatchObject({ logins: 1, passwordSubmits: 1, codeSubmits: 1 });
    expect(await freshIdentity()).toMatchObject({ status: "validated", stateCapturedAt: expect.any(Date) });

    const second = await run({ flow: "trial/look" });
    expect(second.outcome).toEqual({
      ...first.outcome,
      result: { ...(first.outcome as { result: object }).result, word: "none" },
    });
    expect(site.counters).toMatchObject({ logins: 1, passwordSubmits: 1 });
    expect(second.events).toContainEqual(
      expect.objectContaining({ stage: "login", status: "ended", detail: "saved state reused" }),
    );
  });

  test("a session that ended at the site is noticed: one new login, and the flow never sees the login page", async () => {
    await run({ flow: "trial/look" });
    site.expireSessions();
    const { outcome } = await run({ flow: "trial/look" });
    expect(outcome.status).toBe("succeeded");
    expect(site.counters.logins).toBe(2);
  });

  test("a wrong password is one submit and a failed identity, which then fails without a browser", async () => {
    identity = await addPracticeIdentity(ground.parts, site.url, quickUser, {
      name: `wrong-${randomUUID().slice(0, 8)}`,
      password: "not-the-password",
    });
    const first = await run({ flow: "trial/look" });
    expect(first.outcome).toMatchObject({
      status: "failed",
      code: "invalid_credentials",
      retryable: false,
      evidence: {
        screenshot: expect.any(String),
        decisions: expect.any(Array),
        siteMessage: expect.any(String),
      },
    });
    expect(site.counters.passwordSubmits).toBe(1);
    expect(await freshIdentity()).toMatchObject({ status: "failed", statusReason: "invalid_credentials" });

    const second = await run({ flow: "trial/look" });
    expect(second.outcome).toMatchObject({ status: "failed", code: "identity_failed" });
    expect(second.events.some((event) => event.type === "stage" && event.stage === "session")).toBe(false);
    expect(site.counters.passwordSubmits).toBe(1);
  });

  test("validating signs in anew even where the identity has failed, and clears the failure", async () => {
    const { identities } = await ground.parts.store();
    await identities.setStatus(identity.id, "failed", "invalid_credentials");
    const { outcome } = await run({ flow: "latchkey/validate" });
    expect(outcome.status).toBe("succeeded");
    expect(await freshIdentity()).toMatchObject({ status: "validated", statusReason: null });
    await run({ flow: "latchkey/validate" });
    expect(site.counters.logins).toBe(2);
  });

  test("a wrong TOTP secret never submits the password twice", async () => {
    identity = await addPracticeIdentity(ground.parts, site.url, quickUser, {
      name: `totp-${randomUUID().slice(0, 8)}`,
      totpSecret: "JBSWY3DPEHPK3PXP",
    });
    const { outcome } = await run({ flow: "trial/look" });
    expect(outcome).toMatchObject({ status: "failed", code: "invalid_one_time_code" });
    expect(site.counters.passwordSubmits).toBe(1);
    expect(site.counters.codeSubmits).toBeLessThanOrEqual(2);
  });

  test("a page that is no login ends in login_unrecognised, and what was seen of it is kept to be replayed", async () => {
    const form =
      "<h1>Sign in</h1><form action=/next><label>User name<input name=u></label><button>Next</button></form>";
    const news = `<h1>Rain, says ${quickUser.username}</h1><p>It will rain in the north, and then it will stop.</p>`;
    await using gazette = await startServer(({ url }, response) => {
      const body = url === "/" ? form : news;
      response.setHeader("content-type", "text/html").end(`<!doctype html><title>Gazette</title>${body}`);
    });
    identity = await addPracticeIdentity(ground.parts, gazette.url, quickUser, {
      name: `gazette-${randomUUID().slice(0, 8)}`,
    });
    const { runId, outcome, events } = await run({ flow: "trial/look" });
    expect(outcome).toMatchObject({
      status: "failed",
      code: "login_unrecognised",
      evidence: { snapshot: "login-snapshot.json", decisions: expect.any(Array) },
    });
    const kept = events.flatMap((event) => (event.type === "artifact" ? [event.artifact.kind] : []));
    expect(kept).toEqual(["snapshot", "screenshot"]);

    const { stream } = await ground.parts.artifacts.read(runId, "login-snapshot.json");
    const stored = await text(stream);
    expect(stored).toContain("Rain, says [redacted]");
    expect(stored).not.toContain(quickUser.username);
    const replayed = replay(parseStoredLogin(stored));
    expect(replayed.flatMap(({ differences }) => differences)).toEqual([]);
    expect(replayed.at(-1)?.decision.action).toMatchObject({ kind: "fail", code: "login_unrecognised" });
    expect(await freshIdentity()).toMatchObject({ status: "pending" });
  });

  test("two runs at once for one identity: one is told that the identity is busy", async () => {
    const outcomes = await Promise.all([run({ flow: "trial/look" }), run({ flow: "trial/look" })]);
    expect(
      outcomes.map(({ outcome }) => (outcome.status === "failed" ? outcome.code : outcome.status)).sort(),
    ).toEqual(["identity_busy", "succeeded"]);
    expect(site.counters.logins).toBe(1);
  });

  test("with several sessions allowed, runs at once still make one login", async () => {
    identity = await addPracticeIdentity(ground.parts, site.url, quickUser, {
      name: `many-${randomUUID().slice(0, 8)}`,
      maxSessions: 3,
    });
    const outcomes = await Promise.all([1, 2, 3].map(() => run({ flow: "trial/look" })));
    expect(outcomes.map(({ outcome }) => outcome.status)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(site.counters.logins).toBe(1);
  });
});

describe("a session that lapses in mid-flow", () => {
  beforeEach(useFreshIdentity);

  async function lapse(flow: string) {
    await run({ flow: "trial/look" });
    return run(
      { flow },
      {
        onEvent: (event) =>
          event.type === "stage" &&
          event.stage === "flow" &&
          event.status === "started" &&
          site.expireSessions(),
      },
    );
  }

  test("is signed in again and the flow started over, if it is safe to", async () => {
    const { outcome } = await lapse("trial/lapse");
    expect(outcome).toEqual({ status: "succeeded", result: "seen" });
    expect(site.counters.logins).toBe(2);
  });

  test("fails the run otherwise, and is not retried", async () => {
    const { outcome } = await lapse("trial/lapse-once");
    expect(outcome).toMatchObject({ status: "failed", code: "session_lapsed", retryable: false });
    expect(site.counters.logins).toBe(1);
  });
});

describe("what the job says is checked before anything opens", () => {
  beforeAll(useFreshIdentity);

  test.each([
    [{ flow: "trial/nothing" }, "unknown_flow"],
    [{ flow: "trial/look", input: { word: 7 } }, "invalid_input"],
    [{ flow: "trial/look", identityId: "nobody" }, "unknown_identity"],
    [{ flow: "" }, "invalid_job"],
    [{ flow: "trial/look", password: "x" } as unknown as JobInput, "invalid_job"],
  ])("%j fails as %s", async (job, code) => {
    const { outcome, events } = await run(job);
    expect(outcome).toMatchObject({ status: "failed", code, retryable: false, evidence: {} });
    expect(events.some((event) => event.type === "stage" && event.stage === "session")).toBe(false);
  });
});

describe("a flow that fails", () => {
  beforeAll(useSignedInIdentity);

  async function misbehave(how: string, options?: RunOptions & { deadlineMs?: number }) {
    const { deadlineMs, ...rest } = options ?? {};
    return (
      await run(
        { flow: "trial/misbehave", input: { how }, ...(deadlineMs === undefined ? {} : { deadlineMs }) },
        rest,
      )
    ).outcome;
  }

  test("has its error's words in the evidence and nowhere else", async () => {
    const outcome = await misbehave("throw");
    expect(outcome).toMatchObject({
      status: "failed",
      code: "flow_failed",
      message: 'The flow threw a TypeError in the step "break".',
      evidence: {
        step: "break",
        error: "TypeError: secret words of a page",
        url: `${site.url}/`,
        screenshot: expect.any(String),
      },
    });
  });

  test.each([
    ["throw a string", { code: "flow_failed", message: "The flow threw a string instead of an error." }],
    ["throw undefined", { code: "flow_failed", message: "The flow threw undefined instead of an error." }],
    ["refuse", { code: "flow_failed", retryable: true, message: "The shop is closed." }],
    [
      "wait for nothing",
      { code: "flow_timed_out", retryable: false, evidence: { step: "wait for what never comes" } },
    ],
    ["return a function", { code: "invalid_output" }],
    ["close the page", { code: "flow_failed" }],
    ["crash the page", { code: "browser_crashed", retryable: true }],
    ["kill the browser", { code: "browser_crashed", retryable: true }],
  ])("%s", async (how, expected) => {
    expect(await misbehave(how)).toMatchObject({ status: "failed", ...expected });
  });

  test("that never ends is ended by its deadline, with a picture of where it stood", async () => {
    const outcome = await misbehave("never end", { deadlineMs: 4_000 });
    expect(outcome).toMatchObject({
      status: "failed",
      code: "deadline_exceeded",
      evidence: { screenshot: expect.any(String) },
    });
  });

  test("leaves no page behind", async () => {
    expect(await misbehave("leak pages")).toMatchObject({ status: "succeeded" });
    const { pool } = await ground.parts.browsers();
    expect(pool.groups().length).toBeLessThanOrEqual(1);
  });
});

describe("a run that is told to end", () => {
  beforeAll(useSignedInIdentity);

  test.each(["hang on the page", "never end"])(
    "a cancel stops a flow that does %s within two seconds",
    async (how) => {
      await run({ flow: "trial/look" });
      const cancel = new AbortController();
      let cancelledAt = 0;
      const { outcome } = await run(
        { flow: "trial/misbehave", input: { how } },
        {
          signal: cancel.signal,
          onEvent(event) {
            if (event.type !== "stage" || event.stage !== "flow" || event.status !== "started") return;
            cancelledAt = performance.now();
            cancel.abort(new Failure("cancelled", "The run was cancelled."));
          },
        },
      );
      expect(outcome).toMatchObject({ status: "failed", code: "cancelled" });
      expect(performance.now() - cancelledAt).toBeLessThan(2_000);
    },
  );

  test("a run aborted before it starts opens nothing", async () => {
    const { outcome, events } = await run(
      { flow: "trial/look" },
      { signal: AbortSignal.abort(new Failure("worker_stopping", "x")) },
    );
    expect(outcome).toMatchObject({ status: "failed", code: "worker_stopping" });
    expect(events).toEqual([]);
  });
});
