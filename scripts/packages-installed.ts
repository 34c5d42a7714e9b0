import { readFile } from "node:fs/promises";

interface Lockfile {
  packages: Record<string, { version?: string; integrity?: string; optional?: boolean }>;
}

/**
 * Whether npm's record of node_modules holds what package-lock.json asks for, version by version.
 * Optional packages may be missing: they are other platforms'.
 */
export function packagesInstalled(wanted: Lockfile, installed: Lockfile): boolean {
  return Object.entries(wanted.packages).every(([path, { version, optional }]) => {
    if (path === "") return true;
    const found = installed.packages[path];
    return found === undefined ? optional === true : found.version === version;
  });
}

/** `node scripts/packages-installed.ts`: exits 0 if node_modules is as package-lock.json says, else 1. */
async function main(): Promise<void> {
  const read = async (path: string) =>
    JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")) as Lockfile;
  const [wanted, installed] = await Promise.all([
    read("../package-lock.json"),
    read("../node_modules/.package-lock.json"),
  ]);
  process.exitCode = packagesInstalled(wanted, installed) ? 0 : 1;
}

if (import.meta.main) await main();
