import type { BrowserPool } from "../browser-pool.ts";
import type { Provider } from "./provider.ts";

/** Sessions from the worker's own warm Chromium. The pool stays its builder's to close. */
export function createLocalProvider({ pool }: { pool: BrowserPool }): Provider {
  const close = async () => {};
  return { name: "local", lend: (request) => pool.lend(request), close, [Symbol.asyncDispose]: close };
}
