import { generateExample } from "@prefactor/pfid";
import fc from "fast-check";
import { expect, test } from "vitest";
import { idsOf } from "../../../src/http/prefactor/ids.ts";
import { looksLikePfid, partitionOf, pfidOf, plainId, uuidOf } from "../../../src/http/prefactor/pfid.ts";

const pfid = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;
const partition = fc.integer({ min: 0, max: 2 ** 30 - 1 });
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
  const hex = Buffer.from(bytes).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
});
const nil = "00000000-0000-0000-0000-000000000000";

test("a UUID and its PFID are each other's only match in a partition", () => {
  fc.assert(
    fc.property(uuid, uuid, partition, (one, other, part) => {
      const text = pfidOf(one, part);
      expect(text).toMatch(pfid);
      expect(uuidOf(text, part)).toBe(one);
      expect(pfidOf(other, part) === text).toBe(one === other);
    }),
  );
});

test("a PFID of another partition stands for nothing", () => {
  fc.assert(
    fc.property(uuid, partition, partition, (one, part, other) => {
      fc.pre(part !== other);
      expect(uuidOf(pfidOf(one, part), other)).toBeUndefined();
    }),
  );
  // 30 bits of 32 are used: one with a bit above them set is a PFID, but nobody's.
  expect(looksLikePfid("0000000001zzzzzz0000000000000000")).toBe(true);
});

test("the published vectors hold", () => {
  expect(pfidOf(nil, 0)).toBe("0".repeat(32));
  expect(pfidOf(nil, 1_073_741_823)).toBe("0000000000zzzzzz0000000000000000");
  expect(pfidOf("00000000-0000-ffff-ffff-ffffffffffff", 0)).toBe("0000000000000000zzzzzzzzzzzzzzzz");
  // The documented example: 2009-02-13T23:31:30Z, partition 123456789.
  const example = "013xrzp12g3nqk8ng09nmc8kwqzfafa2";
  const read = uuidOf(example, 123_456_789) ?? "";
  expect(Number.parseInt(read.replace("-", "").slice(0, 12), 16)).toBe(1_234_567_890_000);
  expect(pfidOf(read, 123_456_789)).toBe(example);
  expect(uuidOf(generateExample(), 123_456_789)).toBeDefined();
});

test("a run's identity may be given by its PFID; names, UUIDs and other projects' ids stay what they are", () => {
  fc.assert(
    fc.property(uuid, fc.string(), (id, project) => {
      const text = pfidOf(id, partitionOf(project));
      expect(plainId(text, project)).toBe(id);
      expect(plainId(text, `${project} other`)).toBe(text);
      for (const other of [id, project, text.toUpperCase()]) expect(plainId(other, project)).toBe(other);
    }),
  );
});

test("upper case, other letters and other lengths are no PFIDs", () => {
  const good = "013xrzp12g3nqk8ng09nmc8kwqzfafa2";
  expect(looksLikePfid(good)).toBe(true);
  for (const bad of [
    good.toUpperCase(),
    good.replace("x", "X"),
    good.replace("x", "l"),
    good.replace("0", "8"),
    good.slice(1),
    `${good}0`,
    `${good}\n`,
    "",
    nil,
  ])
    expect(looksLikePfid(bad), bad).toBe(false);
});

test("all ids of a project share its partition, and what is computed is the same each time", () => {
  fc.assert(
    fc.property(fc.string(), uuid, uuid, fc.string(), (project, application, identity, factorName) => {
      const ids = idsOf(project);
      const all = [
        ids.account,
        ids.domain,
        ids.of(identity),
        ids.rulesetNid(application),
        ids.factorNid(application, factorName),
        ids.vid({ identityId: identity, factorName, version: "one" }),
        ids.vid({ identityId: identity, factorName, version: "two" }),
      ];
      expect(new Set(all).size).toBe(all.length);
      for (const id of all) {
        expect(id).toMatch(pfid);
        expect(uuidOf(id, partitionOf(project))).toBeDefined();
      }
      expect(idsOf(project).factorNid(application, factorName)).toBe(ids.factorNid(application, factorName));
    }),
  );
});
