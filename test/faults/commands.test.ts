import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { startCli } from "../support/cli.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { people } from "../support/people.ts";
import { startProxy, type TcpProxy } from "../support/tcp-proxy.ts";

let site: PracticeSite;
let ground: TestParts;
let proxy: TcpProxy;

beforeAll(async () => {
  const users = people(1);
  site = await startPracticeSite({ users });
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
  await addPracticeIdentity(ground.parts, site.url, users[0], { name: "ada" });
  const { database } = await ground.parts.store();
  proxy = await startProxy(database.url);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  // The command could not say that it had ended: nobody but the clock, and its lease, does.
  const { database } = await ground.parts.store();
  await database.kysely.deleteFrom("runs").execute();
  await database.kysely.deleteFrom("leases").execute();
  await ground[Symbol.asyncDispose]();
  await site.close();
});

test("a command whose Postgres has vanished ends when it is told to", { timeout: 90_000 }, async () => {
  await using command = startCli(
    ["run", "trial/misbehave", "--identity", "ada", "--input", '{"how":"wait politely"}'],
    { ...ground.environment, DATABASE_URL: proxy.url.reveal() },
  );
  await command.says("flow");
  proxy.stall();
  const toldAt = performance.now();
  command.child.kill("SIGTERM");
  const { code } = await command.ended();
  expect(code).toBe(143);
  expect(performance.now() - toldAt).toBeLessThan(35_000);
});
