import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Keyring, openKeyring } from "../../../src/identity/sealing/keyring.ts";
import { Secret } from "../../../src/secret.ts";
import { failureOf } from "../../support/failure-of.ts";
import { startProgram } from "../../support/program.ts";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "latchkey-keyring-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const newKey = () => randomBytes(32);
const ringOf = (key: Buffer, ...previous: Buffer[]): Promise<Keyring> =>
  openKeyring({
    masterKey: new Secret(key.toString("base64")),
    previousMasterKeys: previous.map((older) => new Secret(older.toString("base64"))),
    dataDir: "/nonexistent",
    embedded: false,
  });

describe("a master key", () => {
  test("may be written in base64, base64url, without padding, or in hex", async () => {
    const key = Buffer.from("fb".repeat(32), "hex");
    const writings = [
      key.toString("base64"),
      key.toString("base64").replace("=", ""),
      key.toString("base64url"),
      `  ${key.toString("base64")}\n`,
      key.toString("hex"),
      key.toString("hex").toUpperCase(),
    ];
    const ids = writings.map(async (text) => {
      const ring = await openKeyring({
        masterKey: new Secret(text),
        previousMasterKeys: [],
        dataDir: "/nonexistent",
        embedded: false,
      });
      return ring.currentKeyId;
    });
    expect(new Set(await Promise.all(ids))).toEqual(new Set([(await ringOf(key)).currentKeyId]));
  });

  test.each([
    "too short",
    randomBytes(31).toString("base64"),
    randomBytes(33).toString("base64"),
    randomBytes(32).toString("hex").slice(1),
    `${"!".repeat(43)}=`,
  ])("that is not 32 bytes is refused without being repeated (%#)", async (text) => {
    const failure = await failureOf(
      openKeyring({
        masterKey: new Secret(text),
        previousMasterKeys: [],
        dataDir: "/nonexistent",
        embedded: true,
      }),
    );
    expect(failure.code).toBe("invalid_config");
    expect(failure.message).toMatch(/^LATCHKEY_MASTER_KEY is not a key of 32 bytes/);
    expect(failure.message).not.toContain(text);
  });

  test("is asked for where the database is not the embedded one", async () => {
    const failure = await failureOf(openKeyring({ previousMasterKeys: [], dataDir, embedded: false }));
    expect(failure.code).toBe("invalid_config");
    expect(failure.message).toMatch(/LATCHKEY_MASTER_KEY is needed with DATABASE_URL/);
    expect(await readdir(dataDir)).toEqual([]);
  });

  test("has an id that does not give it away", async () => {
    const key = newKey();
    const { currentKeyId } = await ringOf(key);
    expect(currentKeyId).toMatch(/^[0-9a-f]{12}$/);
    expect((await ringOf(newKey())).currentKeyId).not.toBe(currentKeyId);
    expect(key.toString("hex")).not.toContain(currentKeyId);
  });
});

describe("a data key", () => {
  test("is unwrapped by a keyring with its master key, current or previous, and by no other", async () => {
    const [old, current] = [newKey(), newKey()];
    const { key, wrapped } = (await ringOf(old)).newDataKey("ada");
    expect((await ringOf(old)).unwrap("ada", wrapped)).toEqual(key);
    const both = await ringOf(current, old);
    expect(both.unwrap("ada", wrapped)).toEqual(key);
    const without = await ringOf(current);
    expect(() => without.unwrap("ada", wrapped)).toThrow(
      expect.objectContaining({
        code: "key_unavailable",
        message: expect.stringContaining((await ringOf(old)).currentKeyId),
      }),
    );
  });

  test("stays the same when it is wrapped anew, for its own identity only", async () => {
    const [old, current] = [newKey(), newKey()];
    const { key, wrapped } = (await ringOf(old)).newDataKey("ada");
    const both = await ringOf(current, old);
    const rewrapped = both.rewrap("ada", wrapped);
    expect(rewrapped.keyId).toBe(both.currentKeyId);
    expect((await ringOf(current)).unwrap("ada", rewrapped)).toEqual(key);
    expect(() => both.unwrap("grace", rewrapped)).toThrow(
      expect.objectContaining({ code: "key_unavailable" }),
    );
  });
});

describe("the key file of an embedded installation", () => {
  const fromFile = () => openKeyring({ previousMasterKeys: [], dataDir, embedded: true });

  test("is made on first start for its owner alone, and read from then on", async () => {
    const first = await fromFile();
    const path = join(dataDir, "master.key");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(Buffer.from(await readFile(path, "utf8"), "base64")).toHaveLength(32);
    expect((await fromFile()).currentKeyId).toBe(first.currentKeyId);
    expect(await readdir(dataDir)).toEqual(["master.key"]);
  });

  test("is one and the same for all who start at once", async () => {
    const rings = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        // A little later each, so that some find the file while others are still making it.
        for (let turn = 0; turn < n; turn += 1) await nextTurn();
        return await fromFile();
      }),
    );
    expect(new Set(rings.map((ring) => ring.currentKeyId)).size).toBe(1);
    expect(await readdir(dataDir)).toEqual(["master.key"]);
  });

  test("is one and the same for processes that start at once", async () => {
    await using stack = new AsyncDisposableStack();
    const programs = Array.from({ length: 4 }, () =>
      stack.use(
        startProgram(new URL("../fixtures/open-keyring.ts", import.meta.url), {
          env: { LATCHKEY_DATA_DIR: dataDir },
        }),
      ),
    );
    const ids = await Promise.all(programs.map((program) => program.line()));
    expect(new Set(ids)).toEqual(new Set([(await fromFile()).currentKeyId]));
  });

  test("is refused while others may read it", async () => {
    await fromFile();
    const path = join(dataDir, "master.key");
    for (const mode of [0o640, 0o604]) {
      await chmod(path, mode);
      const failure = await failureOf(fromFile());
      expect(failure.code).toBe("invalid_config");
      expect(failure.message).toContain(`chmod 600 ${path}`);
    }
  });

  test("that holds no key is refused, and not replaced", async () => {
    const path = join(dataDir, "master.key");
    await writeFile(path, "something else", { mode: 0o600 });
    const failure = await failureOf(fromFile());
    expect(failure.message).toMatch(new RegExp(`^${path} is not a key of 32 bytes`));
    expect(await readFile(path, "utf8")).toBe("something else");
  });

  test("gives way to a master key that is set", async () => {
    const key = newKey();
    const ring = await openKeyring({
      masterKey: new Secret(key.toString("base64")),
      previousMasterKeys: [],
      dataDir,
      embedded: true,
    });
    expect(ring.currentKeyId).toBe((await ringOf(key)).currentKeyId);
    expect(await readdir(dataDir)).toEqual([]);
  });
});
