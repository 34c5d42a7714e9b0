import { resolve } from "node:path";
import { expect, test } from "vitest";
import { practiceUsers, startPracticeSite } from "../../practice/site.ts";
import { cancelRun } from "../../src/job/cancel.ts";
import { startService } from "../../src/main.ts";
import { startAnchorCloud } from "../support/anchor-cloud.ts";
import { startCli } from "../support/cli.ts";
import { openTestParts } from "../support/parts.ts";
import { signInByHand } from "../support/practice-login.ts";
import { ended, submit } from "../support/runs.ts";

test("a worker that is stopped ends its session at the provider; one that was killed has it ended by the next", {
  timeout: 90_000,
}, async () => {
  const [, ben] = practiceUsers;
  await using cloud = await startAnchorCloud();
  await using site = await startPracticeSite({ users: [ben] });
  await using ground = await openTestParts({
    settings: {
      LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
      LATCHKEY_LEASE_TTL_MS: "1500",
      LATCHKEY_SHUTDOWN_GRACE_MS: "1",
      LATCHKEY_SPARE_SESSION: "false",
      ANCHORBROWSER_API_KEY: cloud.apiKey,
      ANCHORBROWSER_BASE_URL: cloud.url,
    },
  });
  const { id } = cloud.add({ source: `${site.url}/`, signIn: (page) => signInByHand(page, site, ben) });
  const { database, ...store } = await ground.parts.store();
  const { queue } = await ground.parts.queueing();
  const runId = await submit(
    ground.parts,
    { flow: "trial/misbehave", input: { how: "wait politely" }, provider: "anchor", identityId: id },
    { attempts: 3 },
  );
  /** Resolves when the flow was begun so many times. */
  const begun = (times: number) =>
    expect
      .poll(
        async () => {
          const events = await database.kysely
            .selectFrom("run_events")
            .select("event")
            .where("run_id", "=", runId)
            .execute();
          return events.filter(({ event }) => isFlow(event)).length;
        },
        { timeout: 30_000, interval: 100 },
      )
      .toBe(times);

  await using stopped = startCli(["worker"], ground.environment);
  await begun(1);
  expect(cloud.live()).toHaveLength(1);
  stopped.child.kill("SIGTERM");
  await stopped.ended();
  expect(cloud.live()).toEqual([]);

  await using killed = startCli(["worker"], ground.environment);
  await begun(2);
  killed.child.kill("SIGKILL");
  await killed.ended();
  expect(cloud.sessions.map((session) => session.ended)).toEqual([true, false]);

  const last = await startService(ground.another(), new Set(["worker"]));
  try {
    await begun(3);
    await expect.poll(() => cloud.sessions.map((session) => session.ended)).toEqual([true, true, false]);
    await cancelRun({ ...store, database, queue }, "default", runId);
    expect((await ended(ground.parts, runId)).outcome).toMatchObject({ code: "cancelled" });
    expect(cloud.live()).toEqual([]);
  } finally {
    await last.stop(1_000);
  }
});

function isFlow(event: unknown): boolean {
  const { type, stage, status } = event as Record<string, unknown>;
  return type === "stage" && stage === "flow" && status === "started";
}
