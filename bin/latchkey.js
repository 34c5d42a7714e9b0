#!/usr/bin/env node
// Plain JavaScript, so that a Node too old for the sources, or a checkout without its packages, can say what to do.
import module from "node:module";
import { fileURLToPath } from "node:url";

const version = process.versions.node;

function packagesInstalled() {
  try {
    return import.meta.resolve("commander") !== "";
  } catch {
    return false;
  }
}

if (!packagesInstalled()) {
  console.error(
    "latchkey: its packages are not installed. Run `npm run setup` in its folder, then try again.",
  );
  process.exitCode = 1;
} else if (Number(version.split(".")[0]) < 24) {
  console.error(
    `latchkey: Node ${version} is too old, 24 or newer is needed. In its folder, \`npx latchkey\` uses the one that \`npm run setup\` installs.`,
  );
  process.exitCode = 1;
} else {
  // Compiled code is kept beside the packages, where it can be: the next command starts in half the time.
  module.enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/latchkey", import.meta.url)));
  await import("../src/cli.ts");
}
