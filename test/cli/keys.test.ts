import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Secret } from "../../src/secret.ts";
import { latchkey } from "../support/cli.ts";
import { openTestParts } from "../support/parts.ts";

const newKey = () => randomBytes(32).toString("base64");

test("keys rotate re-wraps every identity under the new key, tells what it could not, and may be run again", {
  timeout: 60_000,
}, async () => {
  await using ground = await openTestParts({ settings: { LATCHKEY_LOG_LEVEL: "" } });
  const { identities } = await ground.parts.store();
  for (const name of ["one", "two"]) {
    const credentials = [{ type: "custom" as const, fields: { pin: new Secret(`pin of ${name}`) } }];
    await identities.create(
      "default",
      { name, sourceUrl: "https://a.example/", credentials },
      { name: "test" },
    );
  }
  const [first, second] = [ground.environment["LATCHKEY_MASTER_KEY"] ?? "", newKey()];
  const rotate = (settings: Record<string, string>, ...args: string[]) =>
    latchkey(["keys", "rotate", ...args], { ...ground.environment, ...settings });

  expect(await rotate({ LATCHKEY_MASTER_KEY: newKey() })).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /^✓ 0 identities re-wrapped under key \w+, 0 .*\n✗ 2 records sealed under a key this process does not have/,
    ),
  });
  const both = { LATCHKEY_MASTER_KEY: second, LATCHKEY_PREVIOUS_MASTER_KEYS: first };
  expect(await rotate(both)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^✓ 2 identities re-wrapped under key [0-9a-f]{12}, 0 under it already\n$/),
  });
  const again = await rotate({ LATCHKEY_MASTER_KEY: second }, "--json");
  expect({ code: again.code, counts: JSON.parse(again.stdout) as unknown }).toEqual({
    code: 0,
    counts: { rotated: 0, unavailable: 0, current: 2 },
  });
  const audit = await identities.audit("default", (await identities.get("default", "one")).id);
  expect(audit[0]).toMatchObject({ action: "key.rotated", actor: expect.stringMatching(/^cli:/) });
});
