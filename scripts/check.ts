import { spawn } from "node:child_process";
import { join } from "node:path";
import { styleText } from "node:util";
import yoctoSpinner from "yocto-spinner";

// These look at whether standard output is a terminal.
const dim = (text: string) => styleText("dim", text);
const green = (text: string) => styleText("green", text);
const red = (text: string) => styleText("red", text);

const root = join(import.meta.dirname, "..");

/** Everything `npm run check` holds the tree to, besides the tests. */
const checks: readonly { name: string; what: string; command: string[]; fix?: string[] }[] = [
  { name: "types", what: "tsc", command: ["tsc"] },
  {
    name: "lint",
    what: "oxlint: faults, floating promises, layers",
    command: ["oxlint", "--type-aware", "--deny-warnings"],
    fix: ["oxlint", "--type-aware", "--fix"],
  },
  {
    name: "format",
    what: "biome",
    command: ["biome", "check", "--error-on-warnings"],
    fix: ["biome", "check", "--write"],
  },
  { name: "unused", what: "knip: files, exports, dependencies", command: ["knip"] },
  {
    name: "docs",
    what: "docs/ and .env.example as the code says",
    command: ["node", "scripts/generate-docs.ts", "--check"],
    fix: ["node", "scripts/generate-docs.ts"],
  },
  {
    name: "lockfile",
    what: "npm ci accepts it",
    command: ["node", "scripts/complete-lockfile.ts", "--check"],
    fix: ["node", "scripts/complete-lockfile.ts"],
  },
];

interface Run {
  exitCode: number;
  output: string;
  seconds: number;
}

/** Runs a tool of node_modules/.bin, `node` among them, and collects what it prints. */
function run([tool = "", ...args]: string[]): Promise<Run> {
  const startedAt = performance.now();
  const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
  const child = spawn(join(root, "node_modules/.bin", tool), args, {
    cwd: root,
    env: { ...process.env, ...colour },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.on("error", reject);
  child.on("close", (code) =>
    resolve({ exitCode: code ?? 1, output, seconds: (performance.now() - startedAt) / 1000 }),
  );
  return promise;
}

/** One after the other: two of them write the same files. */
async function fixAll(): Promise<void> {
  for (const { name, fix } of checks) {
    if (fix === undefined) continue;
    process.stdout.write(dim(`fix ${name}\n`));
    // What cannot be fixed is shown by the check that follows.
    await run(fix);
  }
}

async function checkAll(): Promise<number> {
  // Elsewhere than in a terminal a spinner would print each of its states.
  const spinner = process.stdout.isTTY ? yoctoSpinner({ stream: process.stdout }).start() : undefined;
  const running = new Set<string>();
  const failed: { name: string; command: string[]; output: string }[] = [];
  await Promise.all(
    checks.map(async ({ name, what, command }) => {
      running.add(name);
      const { exitCode, output, seconds } = await run(command);
      running.delete(name);
      if (spinner !== undefined) spinner.text = [...running].join(", ");
      const mark = exitCode === 0 ? green("✓") : red("✗");
      process.stdout.write(
        `${mark} ${name.padEnd(9)}${dim(`${seconds.toFixed(1).padStart(5)} s  ${what}`)}\n`,
      );
      if (exitCode !== 0) failed.push({ name, command, output });
    }),
  );
  spinner?.stop();
  for (const { name, command, output } of failed) {
    process.stdout.write(`\n${red(name)} ${dim(command.join(" "))}\n${output.trim()}\n`);
  }
  const fixable = failed.some(({ name }) => checks.some((check) => check.name === name && check.fix));
  if (failed.length > 0) {
    const hint = fixable ? " `npm run check -- --fix` mends what a tool can mend." : "";
    process.stdout.write(`\n${failed.length} of ${checks.length} checks failed.${hint}\n`);
  }
  return failed.length;
}

const unknown = process.argv.slice(2).filter((argument) => argument !== "--fix");
if (unknown.length > 0) {
  process.stderr.write(`check: unknown ${unknown.join(" ")}\nUsage: npm run check [-- --fix]\n`);
  process.exitCode = 2;
} else {
  if (process.argv.includes("--fix")) await fixAll();
  process.exitCode = (await checkAll()) === 0 ? 0 : 1;
}
