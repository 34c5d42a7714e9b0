import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A server in a process of its own, which limits nobody. */
export async function startServer(
  environment: Record<string, string>,
): Promise<AsyncDisposable & { url: string }> {
  const child = spawn(process.execPath, ["bin/latchkey.js", "server"], {
    env: {
      ...process.env,
      ...environment,
      LATCHKEY_PORT: "0",
      LATCHKEY_REQUESTS_PER_MINUTE: "100000000",
      LATCHKEY_LOG_LEVEL: "error",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const end = async () => {
    if (child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return { url, [Symbol.asyncDispose]: end };
  }
  await end();
  throw new Error("The server did not start.");
}
