import { readFile, writeFile } from "node:fs/promises";

/** What package-lock.json says of one installed package; only the parts read or written here. */
export interface LockedPackage {
  version?: string;
  cpu?: string[];
  dev?: boolean;
  libc?: string[];
  optional?: boolean;
  os?: string[];
  optionalDependencies?: Record<string, string>;
}

/**
 * Adds the platform packages (`@biomejs/cli-darwin-arm64` …) that npm left out of the lockfile because the registry
 * it was written against does not carry them. Without their entries `npm ci` refuses the lockfile, on every platform.
 * The entries bear no integrity: npm records it on the first machine of that platform.
 * @returns the paths added, in order.
 * @throws Error for an optional dependency that is no platform package, or has no exact version.
 */
export function completeLockfile(packages: Record<string, LockedPackage>): string[] {
  const added: string[] = [];
  for (const [owner, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (isLocked({ packages, owner, name })) continue;
      if (!/^\d+\.\d+\.\d+/.test(version)) {
        throw new Error(`${owner} wants ${name}@${version}, which is not locked and not an exact version.`);
      }
      const path = `node_modules/${name}`;
      packages[path] = {
        version,
        ...platformOf(name),
        ...(dev === true ? { dev } : {}),
        optional: true,
      };
      added.push(path);
    }
  }
  return added.sort();
}

/** Node's look-up: beside the owner, then in each folder above it. */
function isLocked(search: { packages: Record<string, LockedPackage>; owner: string; name: string }): boolean {
  for (
    let folder = search.owner;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))
  ) {
    if (`${folder === "" ? "" : `${folder}/`}node_modules/${search.name}` in search.packages) return true;
    if (folder === "") return false;
  }
}

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32", "windows", "aix", "sunos"];
const processors = ["arm64", "x64", "ia32", "arm", "ppc64", "riscv64", "s390x", "loong64", "mips64el"];
const libraries: Record<string, string> = {
  gnu: "glibc",
  musl: "musl",
  gnueabihf: "glibc",
  musleabihf: "musl",
};

/** Reads the platform from a name such as `binding-linux-arm-musleabihf`. */
function platformOf(name: string): Pick<LockedPackage, "cpu" | "libc" | "os"> {
  const words = name.split(/[/-]/);
  const system = words.find((word) => systems.includes(word));
  const processor = words.find((word) => processors.includes(word));
  if (system === undefined || processor === undefined) {
    throw new Error(`${name} is not locked, and its name does not say which platform it is for.`);
  }
  const library = words.map((word) => libraries[word]).find((word) => word !== undefined);
  return {
    cpu: [processor],
    ...(library === undefined ? {} : { libc: [library] }),
    os: [system === "windows" ? "win32" : system],
  };
}

/** `node scripts/complete-lockfile.ts [--check]`: mends package-lock.json, or only says whether it needs mending. */
async function main(): Promise<void> {
  const check = process.argv.includes("--check");
  const file = new URL("../package-lock.json", import.meta.url);
  const lockfile = JSON.parse(await readFile(file, "utf8")) as { packages: Record<string, LockedPackage> };
  const added = completeLockfile(lockfile.packages);
  if (added.length === 0) return;
  if (check) {
    console.error(
      `package-lock.json lacks ${added.length} packages of other platforms, so \`npm ci\` would refuse it: run \`npm run check -- --fix\`.`,
    );
    process.exitCode = 1;
    return;
  }
  lockfile.packages = Object.fromEntries(
    Object.entries(lockfile.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
  );
  await writeFile(file, `${JSON.stringify(lockfile, null, 2)}\n`);
  console.log(`package-lock.json: added ${added.length} packages of other platforms.`);
}

if (import.meta.main) await main();
