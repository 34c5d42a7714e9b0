import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completeLockfile, type LockedPackage } from "../../scripts/complete-lockfile.ts";

const root = join(import.meta.dirname, "../..");

async function ours(): Promise<Record<string, LockedPackage>> {
  return JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")).packages;
}

test("our lockfile is complete", async () => {
  expect(completeLockfile(await ours())).toEqual([]);
});

test("what npm left out comes back with the platform its name says", () => {
  const packages: Record<string, LockedPackage> = {
    "node_modules/tool": {
      version: "2.0.0",
      dev: true,
      optionalDependencies: {
        "@tool/linux-x64-gnu": "2.0.0",
        "@tool/linux-arm-musleabihf": "2.0.0",
        "@tool/darwin-arm64": "2.0.0",
        "@tool/windows-x64": "2.0.0",
      },
    },
    "node_modules/@tool/linux-x64-gnu": { version: "2.0.0", optional: true },
  };
  expect(completeLockfile(packages)).toEqual([
    "node_modules/@tool/darwin-arm64",
    "node_modules/@tool/linux-arm-musleabihf",
    "node_modules/@tool/windows-x64",
  ]);
  expect(packages["node_modules/@tool/linux-arm-musleabihf"]).toEqual({
    version: "2.0.0",
    cpu: ["arm"],
    dev: true,
    libc: ["musl"],
    optional: true,
    os: ["linux"],
  });
  expect(packages["node_modules/@tool/windows-x64"]).toMatchObject({ os: ["win32"], cpu: ["x64"] });
  expect(packages["node_modules/@tool/darwin-arm64"]).not.toHaveProperty("libc");
});

test("a package found in a folder above its owner is locked", () => {
  const nested = { version: "1.0.0", optionalDependencies: { "x-darwin-x64": "1.0.0" } };
  expect(
    completeLockfile({
      "node_modules/a/node_modules/x": nested,
      "node_modules/a/node_modules/x-darwin-x64": { version: "1.0.0" },
    }),
  ).toEqual([]);
  expect(
    completeLockfile({
      "node_modules/@s/a/node_modules/x": nested,
      "node_modules/x-darwin-x64": { version: "1.0.0" },
    }),
  ).toEqual([]);
});

test("what cannot be completed is refused, not guessed", () => {
  const owner = (optionalDependencies: Record<string, string>) => ({
    "node_modules/tool": { version: "1.0.0", optionalDependencies },
  });
  expect(() => completeLockfile(owner({ fsevents: "2.3.3" }))).toThrow("which platform it is for");
  expect(() => completeLockfile(owner({ "@tool/linux-x64": "^2.0.0" }))).toThrow("not an exact version");
});
