import { spawn } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { freePort } from "../../src/database/embedded-server.ts";

/** A real Redis of the test's own; ended with it. */
export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
}

/** @param keptIn folder that keeps its data from one to the next; without, it forgets everything when it ends */
export async function startRedis(port?: number, keptIn?: string): Promise<TestRedis> {
  const chosen = port ?? (await freePort());
  const disk = keptIn === undefined ? ["--appendonly", "no"] : ["--appendonly", "yes", "--dir", keptIn];
  const child = spawn(
    "redis-server",
    ["--port", String(chosen), "--bind", "127.0.0.1", "--save", "", ...disk],
    { stdio: "ignore" },
  );
  const { promise: failed, reject } = Promise.withResolvers<never>();
  child.once("error", reject);
  failed.catch(() => {});
  const url = `redis://127.0.0.1:${chosen}`;
  await Promise.race([failed, answers(url)]);

  return {
    url,
    port: chosen,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function answers(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 25, maxRetriesPerRequest: null });
  // Refused connections are expected until the server is up.
  client.on("error", () => {});
  try {
    await client.ping();
  } finally {
    client.disconnect();
  }
}
