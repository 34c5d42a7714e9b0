import { resolve } from "node:path";
import { generate } from "otplib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { Secret } from "../../src/secret.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { quickUser } from "../support/runs.ts";
import { startInTerminal } from "../support/terminal.ts";

let site: PracticeSite;
let ground: TestParts;

beforeAll(async () => {
  site = await startPracticeSite({ users: [quickUser] });
  ground = await openTestParts({
    settings: { LATCHKEY_LOG_LEVEL: "", LATCHKEY_FLOWS_DIR: resolve("test/support/flows") },
  });
  const { identities } = await ground.parts.store();
  await identities.create(
    "default",
    {
      name: "ada",
      sourceUrl: `${site.url}/`,
      credentials: [
        {
          type: "username_password",
          username: new Secret(quickUser.username),
          password: new Secret(quickUser.password),
        },
      ],
    },
    { name: "test" },
  );
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await site.close();
});

const codeNow = async () =>
  await generate({ secret: quickUser.totpSecret, period: quickUser.totpPeriodSeconds ?? 30 });

test("a run in a terminal asks there for the code, and shows nothing of it", async () => {
  await using terminal = startInTerminal(["run", "trial/look", "--identity", "ada"], ground.environment);
  await terminal.shows("◆  One-time code");
  const code = await codeNow();
  terminal.type(`${code}\r`);
  const { code: exit, shown } = await terminal.ended();
  expect(exit, shown).toBe(0);
  expect(shown).not.toContain(code);
  expect(shown).toContain("✓ code received");
});

test("a login in a terminal asks there too; leaving the question cancels it", async () => {
  await using terminal = startInTerminal(
    ["login", `${site.url}/`, "--username", quickUser.username, "--password-env", "HERS"],
    { ...ground.environment, HERS: quickUser.password },
  );
  await terminal.shows("◆  One-time code");
  terminal.type("\x03");
  const { code, shown } = await terminal.ended();
  expect(code, shown).toBe(130);
  expect(shown).toContain("cancelled");
  expect(shown).not.toMatch(/^\s+at /m);
});
