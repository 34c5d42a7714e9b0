import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { z } from "zod";

/** What `app.json` tells of an application, as far as a login needs it. `{PORT}` stands for the port given. */
const descriptor = z.object({
  name: z.string(),
  loginUrl: z.string(),
  username: z.string(),
  password: z.string(),
  totpSecret: z.string().nullish(),
  loggedInProof: z.string(),
  httpCredentials: z.boolean().default(false),
});

/** An application in a folder of its own: `app.json`, `start.sh PORT`, and `stop.sh` once it was started. */
export interface Application {
  folder: string;
  name: string;
  username: string;
  password: string;
  totpSecret: string | null;
  /** A selector of what only the signed in are shown. */
  loggedInProof: string;
  /** Signs in by HTTP authentication, without a page. */
  httpCredentials: boolean;
  urlAt(port: number): string;
}

/** The applications in the folders of `directory`, by name; only those named, if any are. */
export async function readApplications(
  directory: string,
  only: readonly string[] = [],
): Promise<Application[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const applications = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => read(join(directory, entry.name))),
  );
  return applications
    .filter((application) => application !== undefined)
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Undefined where there is no descriptor: the folder holds something else. */
async function read(folder: string): Promise<Application | undefined> {
  const text = await readFile(join(folder, "app.json"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { loginUrl, totpSecret = null, ...rest } = descriptor.parse(JSON.parse(text));
  return { ...rest, folder, totpSecret, urlAt: (port) => loginUrl.replaceAll("{PORT}", String(port)) };
}

/**
 * Starts the application on a port of 127.0.0.1 and waits until it answers. It writes beside its descriptor; where
 * that may not be written to, it runs in a copy that goes away with it.
 */
export async function startApplication(
  { folder, name }: Application,
  port: number,
): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const place = (await isWritable(folder)) ? folder : await copyOf(folder, opened);
  opened.defer(async () => {
    const stop = join(place, "stop.sh");
    if (
      await access(stop).then(
        () => true,
        () => false,
      )
    )
      await bash(place, [stop]);
  });
  const { exitCode, output } = await bash(place, [join(place, "start.sh"), String(port)]);
  if (exitCode !== 0) throw new Error(`${name} did not start:\n${output.slice(-1_000)}`);
  return opened.move();
}

/** Beside its neighbours, for an application may look there for a runtime they share. */
async function copyOf(folder: string, opened: AsyncDisposableStack): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "latchkey-application-"));
  opened.defer(() => rm(copy, { recursive: true, force: true }));
  const place = join(copy, "app");
  await cp(folder, place, { recursive: true, verbatimSymlinks: true });
  return place;
}

function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function bash(cwd: string, args: string[]): Promise<{ exitCode: number; output: string }> {
  const child = spawn("bash", args, { cwd, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  // What it leaves running may keep its streams open.
  const [exitCode] = (await once(child, "exit")) as [number | null];
  child.stdout.destroy();
  child.stderr.destroy();
  return { exitCode: exitCode ?? 1, output };
}

/** Without what npm adds: an application brings its own Node, or takes the machine's. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(npm_.*|NODE_OPTIONS)$/.test(name));
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((part) => !part.includes("node_modules"));
  return { ...Object.fromEntries(entries), PATH: path.join(delimiter) };
}
