import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { passkeyOf } from "../../../src/identity/credentials/passkey-of.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { newIdentity, openTestIdentities, type TestIdentities } from "../../support/identities.ts";

const actor = { name: "test" };

let ground: TestIdentities;
beforeAll(async () => {
  ground = await openTestIdentities();
});
afterAll(() => ground[Symbol.asyncDispose]());

async function withPasskey(signCount: number): Promise<Identity> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const passkey = passkeyOf({
    rpId: "app.example.com",
    id: "c3VwcG9zZWRseQ",
    userHandle: "YWRh",
    privateKey: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64url"),
    signCount,
  });
  const credentials = [{ type: "passkey" as const, ...passkey }];
  return await ground.identities.create("default", newIdentity({ credentials }), actor);
}

const counterOf = async ({ id }: Identity) =>
  (await ground.identities.revealCredentials(id, actor)).passkey?.signCount;

test("a passkey's counter is kept with it, and never lowered", async () => {
  const identity = await withPasskey(7);
  expect(await ground.identities.savePasskeyCounter(identity.id, 9)).toBe(true);
  expect(await ground.identities.savePasskeyCounter(identity.id, 8)).toBe(true);
  expect(await counterOf(identity)).toBe(9);
});

test("of counters stored at once the highest stays", async () => {
  const identity = await withPasskey(0);
  await Promise.all([3, 1, 5, 2, 4].map((count) => ground.identities.savePasskeyCounter(identity.id, count)));
  expect(await counterOf(identity)).toBe(5);
});

test("a grown counter changes nothing else: not the credentials' version, not the status", async () => {
  const before = await withPasskey(0);
  await ground.identities.setStatus(before.id, "validated", null);
  await ground.identities.savePasskeyCounter(before.id, 1, before.credentialsVersion);
  const { credentialsVersion, status } = await ground.identities.get("default", before.id);
  expect({ credentialsVersion, status }).toEqual({
    credentialsVersion: before.credentialsVersion,
    status: "validated",
  });
});

test("the counter of a passkey that was replaced meanwhile is not put on the new one", async () => {
  const before = await withPasskey(0);
  const { passkey } = await ground.identities.revealCredentials((await withPasskey(2)).id, actor);
  expect.assert(passkey !== undefined);
  await ground.identities.update(
    "default",
    before.id,
    { credentials: [{ type: "passkey", ...passkey }] },
    actor,
  );
  expect(await ground.identities.savePasskeyCounter(before.id, 40, before.credentialsVersion)).toBe(false);
  expect(await counterOf(before)).toBe(2);
});

test("an identity without a passkey has no counter to keep", async () => {
  const identity = await ground.identities.create("default", newIdentity(), actor);
  expect(await ground.identities.savePasskeyCounter(identity.id, 1)).toBe(false);
});
