import { createRequire } from "node:module";
import type * as PinoPretty from "pino-pretty";

const require = createRequire(import.meta.url);

let format: ((line: string) => string) | undefined;

/**
 * One JSON log line as people read it. What makes it so is loaded with the first line: most commands write none. It
 * is loaded at once, not awaited, for the process may end right after its line.
 */
export function pretty(line: string): string {
  format ??= formatter();
  return format(line);
}

function formatter(): (line: string) => string {
  const { prettyFactory } = require("pino-pretty") as typeof PinoPretty;
  return prettyFactory({
    // Also asks NO_COLOR and TERM.
    colorize: process.stderr.isTTY === true && process.stderr.hasColors(),
    translateTime: "HH:MM:ss.l",
    ignore: "pid,hostname",
    singleLine: true,
  });
}
