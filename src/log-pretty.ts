import { prettyFactory } from "pino-pretty";

/** One JSON log line as people read it. */
export const pretty: (line: string) => string = prettyFactory({
  // Also asks NO_COLOR and TERM.
  colorize: process.stderr.isTTY === true && process.stderr.hasColors(),
  translateTime: "HH:MM:ss.l",
  ignore: "pid,hostname",
  singleLine: true,
});
