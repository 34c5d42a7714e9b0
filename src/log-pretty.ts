import { onDemand } from "./on-demand.ts";

let format: ((line: string) => string) | undefined;

/** One JSON log line as people read it. */
export function pretty(line: string): string {
  format ??= formatter();
  return format(line);
}

function formatter(): (line: string) => string {
  return onDemand.pinoPretty().prettyFactory({
    // Also asks NO_COLOR and TERM.
    colorize: process.stderr.isTTY === true && process.stderr.hasColors(),
    translateTime: "HH:MM:ss.l",
    ignore: "pid,hostname",
    singleLine: true,
  });
}
