import { expect, test } from "vitest";
import { missingPackages } from "../../scripts/packages-installed.ts";

const machine = { os: "linux", cpu: "x64", libc: "glibc" };
const wanted = {
  "": { version: "0.1.0" },
  "node_modules/pg": { version: "8.23.1" },
  "node_modules/a/node_modules/pg": { version: "7.0.0" },
  "node_modules/@x/linux-x64": { version: "1.0.0", optional: true, os: ["linux"], cpu: ["x64"] },
  "node_modules/@x/linux-x64-musl": {
    version: "1.0.0",
    optional: true,
    os: ["linux"],
    cpu: ["x64"],
    libc: ["musl"],
  },
  "node_modules/@x/darwin-arm64": { version: "1.0.0", optional: true, os: ["darwin"], cpu: ["arm64"] },
  "node_modules/@x/wasm-helper": { version: "1.0.0", optional: true },
};
const installed = {
  "node_modules/pg": { version: "8.23.1" },
  "node_modules/a/node_modules/pg": { version: "7.0.0" },
  "node_modules/@x/linux-x64": { version: "1.0.0" },
};

test("nothing is missing where only other platforms' packages are", () => {
  expect(missingPackages({ wanted, installed, machine })).toEqual([]);
});

test("a package that is absent or of another version is missing", () => {
  const older = { ...installed, "node_modules/pg": { version: "8.22.0" } };
  expect(missingPackages({ wanted, installed: older, machine })).toEqual(["pg"]);
  const { "node_modules/pg": _, ...without } = installed;
  expect(missingPackages({ wanted, installed: without, machine })).toEqual(["pg"]);
});

test("an optional package of this machine's platform that npm dropped is missing", () => {
  const { "node_modules/@x/linux-x64": _, ...dropped } = installed;
  expect(missingPackages({ wanted, installed: dropped, machine })).toEqual(["@x/linux-x64"]);
  expect(missingPackages({ wanted, installed, machine: { ...machine, libc: "musl" } })).toEqual([
    "@x/linux-x64-musl",
  ]);
});
