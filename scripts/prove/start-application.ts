import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, cp, open, readFile } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import type { Application } from "./applications.ts";

/** The first start of one may install packages and seed a database. */
const startMs = 15 * 60_000;
const stopMs = 60_000;

/** Notes of another start, of processes that are not ours to stop. */
const notesOfAStart = new Set(["pid", "pids", "port", "stop.sh"]);

/**
 * Starts an application by its own `start.sh PORT`; disposing of it runs the `stop.sh` that this writes. Where its
 * folder cannot be written to, a copy in `scratch` is started.
 * @throws Error where it does not start, with its last words
 */
export async function startApplication(
  { folder, name, port }: Application,
  { scratch, signal }: { scratch: string; signal: AbortSignal },
): Promise<AsyncDisposable> {
  const place = (await isWritable(folder)) ? folder : join(scratch, "apps", name);
  if (place !== folder)
    await cp(folder, place, {
      recursive: true,
      filter: (path) => !notesOfAStart.has(basename(path)) || path.includes("node_modules"),
    });
  const said = join(scratch, `${name}.txt`);
  const stop = async () => {
    if (await isReadable(join(place, "stop.sh")))
      await run(["stop.sh"], { cwd: place, said, timeout: stopMs });
  };
  const code = await run(["start.sh", String(port)], { cwd: place, said, timeout: startMs, signal });
  if (code !== 0) {
    await stop();
    signal.throwIfAborted();
    const words = (await readFile(said, "utf8")).trim().split("\n").slice(-5).join(" ");
    throw new Error(`${name} did not start: ${words}`);
  }
  return { [Symbol.asyncDispose]: stop };
}

/** Its output goes to a file: what it leaves running may hold on to a pipe for ever. */
async function run(
  args: string[],
  { cwd, said, ...options }: { cwd: string; said: string; timeout: number; signal?: AbortSignal },
): Promise<number | null> {
  await using file = await open(said, "a");
  const stdio = ["ignore" as const, file.fd, file.fd];
  const child = spawn("bash", args, { cwd, env: environment(), stdio, ...options });
  const ended = once(child, "exit");
  await ended.catch(() => {});
  return child.exitCode;
}

/** Without what npm adds: an application brings its own Node, or takes the machine's. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(npm_.*|NODE_OPTIONS)$/.test(name));
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((part) => !part.includes("node_modules"));
  return { ...Object.fromEntries(entries), PATH: path.join(delimiter) };
}

const isReadable = (path: string) => can(path, constants.R_OK);
const isWritable = (path: string) => can(path, constants.W_OK);

async function can(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
