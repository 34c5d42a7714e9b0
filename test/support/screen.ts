import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Whether a screen can be made here. */
export const hasXvfb = spawnSync("Xvfb", ["-version"]).error === undefined;

/** A screen that nobody sees. It chooses its own number, so that several may run at once. */
export async function startScreen(): Promise<AsyncDisposable & { display: string }> {
  const child = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { value: number } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return {
    display: `:${number}`,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}
