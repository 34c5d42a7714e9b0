import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { Failure } from "../../failure.ts";

/**
 * Ports that Chromiums which are handed out listen at: beyond those that Linux gives out by itself (`ip_local_port_range`
 * ends at 60999), and named by one pattern.
 */
const first = 61_000;
const last = 61_999;
const attempts = 50;

/**
 * Keeps a browser from all DevTools ports, its own too, by whatever name or address. Chromium answers HTTP there, to
 * whoever comes: a page that gets there could have it open files of this machine, and other sessions' pages.
 */
export const noDevToolsRule = "--host-resolver-rules=MAP *:61??? ~NOTFOUND";

/** A port of the range that nobody listens at now. @throws Failure `browser_unavailable` where there is none */
export async function pickDevToolsPort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(first, last + 1);
    if (await isFree(port)) return port;
  }
  throw new Failure("browser_unavailable", `No port between ${first} and ${last} is free for a browser.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
