import { expect, test } from "vitest";
import { inTurns } from "../../../src/http/kratos/identities/in-turns.ts";
import { createPasswordHashes } from "../../../src/http/kratos/identities/password-hashes.ts";
import { Secret } from "../../../src/secret.ts";

const keyring = (fill: number) => ({
  derive: () => ({ keyId: String(fill), key: Buffer.alloc(32, fill) }),
});
const password = new Secret("a password");
const identity = { id: "an id", credentialsVersion: 1 };

test("what is shown of a password is made once, until it or the master key changes", async () => {
  let master = 1;
  const hashes = createPasswordHashes({ keyring: { derive: () => keyring(master).derive() } });
  const first = await hashes.of(identity, password);
  // Made from something else it would be another: it is not made again.
  expect(await hashes.of(identity, new Secret("something else"))).toBe(first);
  const next = await hashes.of({ ...identity, credentialsVersion: 2 }, password);
  master = 2;
  const rotated = await hashes.of(identity, password);
  expect(new Set([first, next, rotated]).size).toBe(3);
  expect(await createPasswordHashes({ keyring: keyring(1) }).of(identity, password)).toBe(first);
});

test("a hash is known for that of the stored password, of a former one, or somebody else's", async () => {
  const hashes = createPasswordHashes({ keyring: keyring(1) });
  const hash = await hashes.of(identity, password);
  const of = (id: string, stored: Secret | undefined) => hashes.origin(hash, { id, password: stored });
  expect(await of("an id", password)).toBe("present");
  expect(await of("an id", new Secret("another"))).toBe("former");
  expect(await of("an id", undefined)).toBe("former");
  expect(await of("another id", undefined)).toBe("elsewhere");
  const others = createPasswordHashes({ keyring: keyring(2) });
  expect(await others.origin(hash, { id: "an id", password })).toBe("present");
  expect(await others.origin(hash, { id: "an id", password: undefined })).toBe("elsewhere");
  for (const strange of ["", "zzz", `${hash}$`, hash.replace("t=2", "t=9999"), hash.slice(0, 40)])
    expect(await hashes.origin(strange, { id: "an id", password }), strange).toBe("elsewhere");
});

test("nothing is hashed for a client that has gone", async () => {
  const hashes = createPasswordHashes({ keyring: keyring(1) });
  await expect(hashes.of(identity, password, AbortSignal.abort())).rejects.toMatchObject({
    code: "cancelled",
  });
});

test("so many do their work at a time, in the order of asking, also after one that failed", async () => {
  const inTurn = inTurns(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const done = ends.map((end, index) =>
    inTurn(async () => {
      begun.push(index);
      await end.promise;
    }).catch((error: unknown) => error),
  );
  await expect.poll(() => begun).toEqual([0, 1]);
  ends[1]?.reject(new Error("failed"));
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  for (const end of ends) end.resolve();
  await Promise.all(done);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});
