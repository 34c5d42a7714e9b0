import { readFile } from "node:fs/promises";

export interface InstalledPackage {
  version?: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

export interface Machine {
  os: string;
  cpu: string;
  libc: string;
}

/**
 * The packages that package-lock.json asks for and npm's record of node_modules lacks, or has in another version.
 * Optional ones count only if they name this machine's platform: npm leaves the others out, and those that only
 * they need.
 */
export function missingPackages(compared: {
  wanted: Record<string, InstalledPackage>;
  installed: Record<string, InstalledPackage>;
  machine: Machine;
}): string[] {
  return Object.entries(compared.wanted)
    .filter(([path, wanted]) => {
      if (path === "") return false;
      const found = compared.installed[path];
      if (found !== undefined) return found.version !== wanted.version;
      return wanted.optional !== true || isFor(wanted, compared.machine);
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
}

function isFor({ os, cpu, libc }: InstalledPackage, machine: Machine): boolean {
  if (os === undefined || cpu === undefined) return false;
  return os.includes(machine.os) && cpu.includes(machine.cpu) && (libc?.includes(machine.libc) ?? true);
}

/** `node scripts/packages-installed.ts`: exits 0 if node_modules is as package-lock.json says, else prints what is missing. */
async function main(): Promise<void> {
  const read = async (path: string) =>
    (
      JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")) as {
        packages: Record<string, InstalledPackage>;
      }
    ).packages;
  const [wanted, installed] = await Promise.all([
    read("../package-lock.json"),
    read("../node_modules/.package-lock.json"),
  ]);
  // Node's own builds for Linux exist for glibc only.
  const machine = { os: process.platform, cpu: process.arch, libc: "glibc" };
  const missing = missingPackages({ wanted, installed, machine });
  if (missing.length === 0) return;
  console.log(missing.join(" "));
  process.exitCode = 1;
}

if (import.meta.main) await main();
