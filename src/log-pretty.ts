import { prettyFactory } from "pino-pretty";

/** One JSON log line as people read it. */
export const pretty: (line: string) => string = prettyFactory({
  colorize: process.stderr.isTTY === true,
  translateTime: "HH:MM:ss.l",
  ignore: "pid,hostname",
  singleLine: true,
});
