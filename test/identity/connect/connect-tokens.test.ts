import { createHash, randomUUID } from "node:crypto";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApplications } from "../../../src/identity/applications/applications.ts";
import { checkCallbackUrl } from "../../../src/identity/connect/callback-url.ts";
import { createConnectTokenTexts } from "../../../src/identity/connect/connect-token-text.ts";
import { type ConnectTokens, createConnectTokens } from "../../../src/identity/connect/connect-tokens.ts";
import { readRecoveryCode } from "../../../src/identity/connect/recovery-codes.ts";
import { ensureProject } from "../../../src/identity/projects.ts";
import { Secret } from "../../../src/secret.ts";
import {
  newIdentity,
  openTestIdentities,
  openTestKeyring,
  type TestIdentities,
} from "../../support/identities.ts";

const actor = { name: "key:test" };
const callbackUrl = "https://app.example/identity-callback";
let open: TestIdentities;
let tokens: ConnectTokens;
let applicationId: string;
beforeAll(async () => {
  open = await openTestIdentities();
  const { database } = open.db;
  tokens = createConnectTokens({ db: database, keyring: open.keyring });
  await ensureProject(database, "other");
  const application = await createApplications({ db: database }).create(
    "default",
    { name: "shop", url: "https://shop.example/" },
    actor,
  );
  applicationId = application.id;
});
afterAll(() => open[Symbol.asyncDispose]());

const make = (change: object = {}) =>
  tokens.make({ project: "default", applicationId, callbackUrl, actor, ...change });

test("a token lasts 15 minutes, and is kept as its hash alone", async () => {
  const { token, tokenHash, expiresAt } = await make({ userName: "Ada" });
  expect(token.reveal()).toMatch(/^lct_[\w-]{56}$/);
  expect(tokenHash).toBe(createHash("sha256").update(token.reveal()).digest("hex"));
  expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(14.8 * 60_000);
  expect(expiresAt.getTime() - Date.now()).toBeLessThan(15.2 * 60_000);
  const { kysely } = open.db.database;
  const { rows } = await sql<{ row: string }>`select to_jsonb(t)::text as row from connect_tokens t`.execute(
    kysely,
  );
  const stored = rows.map(({ row }) => row).join("\n");
  expect(stored).toContain(tokenHash);
  expect(stored).not.toContain(token.reveal());
  expect(await tokens.look(token.reveal())).toMatchObject({
    state: "good",
    project: "default",
    applicationId,
    callbackUrl,
    userName: "Ada",
    identityId: null,
  });
});

test("it lasts as long as is asked for, within bounds", async () => {
  const { expiresAt } = await make({ lifeMs: 7 * 24 * 3_600_000 });
  expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(6.9 * 24 * 3_600_000);
  for (const lifeMs of [0, -1, 999, Number.NaN, Number.POSITIVE_INFINITY, 31 * 24 * 3_600_000])
    await expect(make({ lifeMs })).rejects.toMatchObject({ code: "invalid_argument" });
});

test("it leads nowhere where no callback is named", async () => {
  const { token } = await make({ callbackUrl: null });
  expect(await tokens.look(token.reveal())).toMatchObject({ callbackUrl: null, codeTriesLeft: null });
});

describe("a recovery code", () => {
  const madeOne = async () => {
    const { token, code = new Secret("") } = await make({ withCode: true });
    const { id = "" } = (await tokens.look(token.reveal())) ?? {};
    return { id, code, look: () => tokens.get(id) };
  };
  const other = (code: Secret) => new Secret(code.reveal() === "000000" ? "000001" : "000000");

  test("is of six digits, right as often as it is given, and kept as a keyed hash of its token's", async () => {
    const { id, code } = await madeOne();
    expect(code.reveal()).toMatch(/^\d{6}$/);
    for (let count = 0; count < 7; count += 1) expect(await tokens.tryCode(id, code)).toBe(true);
    expect((await tokens.get(id))?.codeTriesLeft).toBe(5);
    const { kysely } = open.db.database;
    const row = await kysely
      .selectFrom("connect_tokens")
      .select(["hash", "code_hash", sql<string>`to_jsonb(connect_tokens)::text`.as("text")])
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    expect(row.text.replaceAll(/[0-9a-f-]{12,}/g, "")).not.toContain(code.reveal());
    // Without the key, trying all that there are leads nowhere.
    expect(createHash("sha256").update(row.hash).update(code.reveal()).digest()).not.toEqual(row.code_hash);
    // Of another token it is none.
    const another = await madeOne();
    await kysely
      .updateTable("connect_tokens")
      .set({ code_hash: row.code_hash })
      .where("id", "=", another.id)
      .execute();
    expect(await tokens.tryCode(another.id, code)).toBe(false);
  });

  test("is right no more after five wrong tries, also of those made at once", async () => {
    const { id, code, look } = await madeOne();
    for (let left = 4; left >= 1; left -= 1) {
      expect(await tokens.tryCode(id, other(code))).toBe(false);
      expect((await look())?.codeTriesLeft).toBe(left);
    }
    expect(await tokens.tryCode(id, code)).toBe(true);
    const tries = await Promise.all(Array.from({ length: 12 }, () => tokens.tryCode(id, other(code))));
    expect(tries).not.toContain(true);
    expect((await look())?.codeTriesLeft).toBe(0);
    expect(await tokens.tryCode(id, code)).toBe(false);
  });

  test("is none where the token asks for none, was used or has expired", async () => {
    const { token } = await make();
    const { id: plain = "" } = (await tokens.look(token.reveal())) ?? {};
    expect(await tokens.tryCode(plain, new Secret("123456"))).toBe(false);
    for (const over of ["used_at", "expires_at"] as const) {
      const { id, code } = await madeOne();
      await open.db.database.kysely
        .updateTable("connect_tokens")
        .set({ [over]: sql<Date>`now()` })
        .where("id", "=", id)
        .execute();
      expect(await tokens.tryCode(id, code)).toBe(false);
    }
  });

  test("is read however it is typed", () => {
    for (const text of [
      "012345",
      " 012 345\n",
      "012-345",
      "012–345",
      "０１２３４５",
      "٠١٢٣٤٥",
      "۰۱۲۳۴۵",
      "\u200e012345",
    ])
      expect(readRecoveryCode(text)?.reveal()).toBe("012345");
    for (const text of ["", "12345", "1234567", "12345a", "½23456", "१२३४५६"])
      expect(readRecoveryCode(text)).toBeUndefined();
  });
});

test("it expires", async () => {
  const { token } = await make();
  const { id = "" } = (await tokens.look(token.reveal())) ?? {};
  await open.db.database.kysely
    .updateTable("connect_tokens")
    .set({ expires_at: sql<Date>`now()` })
    .where("id", "=", id)
    .execute();
  expect((await tokens.look(token.reveal()))?.state).toBe("expired");
  expect((await tokens.get(id))?.state).toBe("expired");
});

test("passwords are tried with it so often and no more", async () => {
  const { token } = await make();
  const { id = "" } = (await tokens.look(token.reveal())) ?? {};
  const allowed = await Promise.all(Array.from({ length: 9 }, () => tokens.countAttempt(id, 5)));
  expect(allowed.filter(Boolean)).toHaveLength(5);
});

test("another project's application and identity are not found", async () => {
  await expect(make({ project: "other" })).rejects.toMatchObject({ code: "not_found" });
  await expect(make({ applicationId: randomUUID() })).rejects.toMatchObject({ code: "not_found" });
  await expect(make({ applicationId: "shop" })).rejects.toMatchObject({ code: "not_found" });
  const stranger = await open.identities.create("other", newIdentity(), actor);
  const another = await createApplications({ db: open.db.database }).create(
    "default",
    { name: "another", url: "https://another.example/" },
    actor,
  );
  const elsewhere = await open.identities.create(
    "default",
    newIdentity({ applicationId: another.id }),
    actor,
  );
  for (const { id: identityId } of [stranger, elsewhere])
    await expect(make({ identityId })).rejects.toMatchObject({ code: "not_found" });
  const own = await open.identities.create("default", newIdentity({ applicationId }), actor);
  const { token } = await make({ identityId: own.id });
  expect((await tokens.look(token.reveal()))?.identityId).toBe(own.id);
});

test("a guess is told from a token without a query", async () => {
  const noDatabase = createConnectTokens({ db: {} as never, keyring: open.keyring });
  const { token } = await make();
  const real = token.reveal();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.base64String(),
        // The right shape, and nearly the right text.
        fc.integer({ min: 4, max: real.length - 1 }).map((at) => {
          const other = real[at] === "A" ? "B" : "A";
          return real.slice(0, at) + other + real.slice(at + 1);
        }),
      ),
      async (guess) => {
        expect(await noDatabase.look(guess)).toBeUndefined();
      },
    ),
    { numRuns: 500 },
  );
});

test("a token is another server's too where both have the key, and nobody's else", async () => {
  const { token } = await make();
  expect(createConnectTokenTexts({ keyring: open.keyring }).isOurs(token.reveal())).toBe(true);
  expect(createConnectTokenTexts({ keyring: await openTestKeyring() }).isOurs(token.reveal())).toBe(false);
});

test.each([
  "http://app.example/callback",
  "ftp://app.example/",
  "javascript:alert(1)",
  "not a url",
  "",
  "https://user@app.example/",
  "https://user:secret@app.example/",
  "https://app.example/#fragment",
  "https://app.example/#",
  `https://app.example/${"a".repeat(2_000)}`,
])("%s is no callback", (text) => {
  expect(() => checkCallbackUrl(text, [])).toThrow(expect.objectContaining({ code: "invalid_argument" }));
});

test("a callback is https or loopback, and one of the application's where it lists any", () => {
  for (const text of ["https://app.example/cb?tenant=1", "http://localhost:3000/cb", "http://127.0.0.1/cb"])
    expect(checkCallbackUrl(text, [])).toBe(text);
  const allowed = ["https://app.example/cb"];
  expect(checkCallbackUrl("https://APP.example:443/cb", allowed)).toBe("https://app.example/cb");
  for (const text of [
    "https://app.example/cb/",
    "https://app.example/cb?next=1",
    "https://app.example/CB",
    "https://app.example.evil.example/cb",
    "https://evil.example/cb",
    "http://localhost:3000/cb",
  ])
    expect(() => checkCallbackUrl(text, allowed)).toThrow("one of the application's callback URLs");
});
