import type { CliContext } from "../context.ts";

export type Key = "again" | "quit";

const ctrlC = "\x03";
const ctrlD = "\x04";

/** Waits for a key that means something: Enter, q, Ctrl-C, Ctrl-D. Never resolves where there is no terminal. */
export async function nextKey({ stdin }: Pick<CliContext, "stdin">, signal: AbortSignal): Promise<Key> {
  const { promise, resolve, reject } = Promise.withResolvers<Key>();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  const onData = (data: Buffer) => {
    const keys = data.toString();
    if (/[qQ]/.test(keys) || keys.includes(ctrlC) || keys.includes(ctrlD)) resolve("quit");
    else if (/[\r\n]/.test(keys)) resolve("again");
  };
  // Raw only while nothing runs: in a run the keys are the run's, for a code it may ask for.
  if (stdin.isTTY) stdin.setRawMode(true).on("data", onData).resume();
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (stdin.isTTY) stdin.off("data", onData).setRawMode(false).pause();
  }
}
