import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** A flows folder of a test's own, outside of this package, as a user's is. */
export interface FlowsFolder extends AsyncDisposable {
  readonly path: string;
  write(name: string, content: string): Promise<void>;
}

export async function makeFlowsFolder(files: Record<string, string> = {}): Promise<FlowsFolder> {
  const path = await mkdtemp(join(tmpdir(), "latchkey-flows-"));
  await mkdir(join(path, "node_modules"));
  await symlink(resolve("."), join(path, "node_modules/latchkey"));
  const write = async (name: string, content: string) => {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  };
  for (const [name, content] of Object.entries(files)) await write(name, content);
  return {
    path,
    write,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
