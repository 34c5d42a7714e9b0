import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../practice/site.ts";
import type { Outcome } from "../../src/outcome.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { assertNoChromiumLeft, chromiumFolders, ownChromiums } from "../support/chromium.ts";
import { latchkey as run, startCli } from "../support/cli.ts";
import { watchProcessList } from "../support/everything-kept.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";

const [ada] = practiceUsers;
let site: PracticeSite;
let ground: TestParts;
let api: TestApi;
/** Where the service answers. */
let service: string;
/** The machine of whoever debugs: no database that answers, no master key, a folder for what is recorded. */
let laptop: Record<string, string>;

beforeAll(async () => {
  site = await startPracticeSite();
  // Its profile says where downloads go, and that a PDF is one: the headless shell reads none.
  ground = await openTestParts({ wholeChromium: true });
  api = await openTestApi(ground.parts);
  service = await api.app.listen({ host: "127.0.0.1", port: 0 });
  await addPracticeIdentity(ground.parts, site.url, ada, { name: "ada" });
  laptop = {
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
    LATCHKEY_DATA_DIR: await mkdtemp(join(tmpdir(), "latchkey-test-laptop-")),
    LATCHKEY_API_KEY: await api.addKey("admin"),
  };
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
  await rm(laptop["LATCHKEY_DATA_DIR"] ?? "", { recursive: true });
  assertNoChromiumLeft();
});

function latchkey(args: string[], settings: Record<string, string> = {}) {
  return run(["run", ...args, "--remote", service], { ...laptop, ...settings });
}

/** Nothing of a session is left: no browser but the warm one, no folder, no hold. */
async function expectNothingLeft(): Promise<void> {
  const debugged = ownChromiums().filter(({ command }) => command.includes("--remote-debugging-port"));
  expect(debugged).toEqual([]);
  expect(chromiumFolders().length).toBeLessThanOrEqual(1);
  const { database } = await ground.parts.store();
  const { rows } = await sql`select name from leases where expires_at > now()`.execute(database.kysely);
  expect(rows).toEqual([]);
}

test("a flow of this machine runs as the service's identity, which signs in once for two of them", async () => {
  const processes = watchProcessList();
  const first = await latchkey(["practice/statements", "--identity", "ada", "--trace"]);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stderr.split("\n").map((line) => line.replace(/\s+[\d.]+ m?s\b/, ""))).toEqual([
    `  ✓ browser  signed in at ${new URL(service).host}`,
    "  ›   open the statements",
    "  ›   read the table",
    expect.stringMatching(/^ {2}↓ {3}trace\.zip .*trace$/),
    "  ✓ flow",
    "",
  ]);
  const trace = /show-trace --port 0 (\S+\.zip)/.exec(first.stdout)?.[1] ?? "";
  expect(trace.startsWith(laptop["LATCHKEY_DATA_DIR"] ?? "none") && existsSync(trace)).toBe(true);
  expect(readdirSync(laptop["LATCHKEY_DATA_DIR"] ?? "")).toEqual(["artifacts"]);
  await expectNothingLeft();

  const download = ["practice/download-statement", "--input", '{"month":"2026-03"}'];
  const second = await latchkey([...download, "--identity", "ada", "--json"]);
  const { runId, ...outcome } = JSON.parse(second.stdout) as Outcome & { runId: string };
  expect(outcome).toMatchObject({
    status: "succeeded",
    result: { statement: { bytes: expect.any(Number) } },
  });
  const files = join(laptop["LATCHKEY_DATA_DIR"] ?? "", "artifacts", runId);
  expect(readdirSync(files)).toEqual([expect.stringMatching(/\.pdf$/)]);
  expect(site.counters).toMatchObject({ logins: 1, passwordSubmits: 1, codeSubmits: 1 });

  // The service has a record of it, and says who it was.
  const { runs, identities } = await ground.parts.store();
  expect(await runs.get("default", runId)).toMatchObject({
    flow: "latchkey/session",
    outcome: { status: "succeeded", result: { endedBy: "client" } },
  });
  const { id } = await identities.get("default", "ada");
  const audit = (await identities.audit("default", id)).filter((entry) => entry.runId === runId);
  expect(audit.map(({ action }) => action)).toEqual(["session.closed", "session.opened"]);
  expect(audit[0]?.actor).toMatch(/^key:/);

  const seen = await processes.stop();
  const secrets = [ada.password, ada.totpSecret, laptop["LATCHKEY_API_KEY"] ?? "", "?token="];
  const said = first.stdout + first.stderr + second.stdout + second.stderr + seen + ground.logged();
  for (const secret of secrets) expect(said).not.toContain(secret);
});

test("Ctrl-C ends the session too", async () => {
  const hang = JSON.stringify({ how: "hang on the page" });
  await using process = startCli(
    ["run", "trial/misbehave", "--identity", "ada", "--input", hang, "--remote", service],
    {
      ...laptop,
      LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
    },
  );
  await process.says("signed in at");
  process.child.kill("SIGINT");
  const { code, stdout } = await process.ended();
  expect(code).toBe(130);
  expect(stdout).toContain("cancelled");
  await expectNothingLeft();
});

test("what the service refuses is told with its code and what to do", async () => {
  const statements = ["practice/statements", "--identity"];
  const unknown = await latchkey([...statements, "nobody"]);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain("unknown_identity: The service says:");

  const small = await latchkey([...statements, "ada"], { LATCHKEY_API_KEY: await api.addKey("submit") });
  expect(small.stderr).toMatch(/forbidden: The service says: .*admin/);

  const none = await latchkey([...statements, "ada"], { LATCHKEY_API_KEY: "" });
  expect(none.stderr).toContain("LATCHKEY_API_KEY");

  const window = await latchkey([...statements, "ada", "--watch"]);
  expect(window.stderr).toMatch(/--remote <url>' cannot be used with option '--watch'/);
});
