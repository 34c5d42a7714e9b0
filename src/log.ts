import { Writable } from "node:stream";
import { pino } from "pino";
import { pretty } from "./log-pretty.ts";
import type { Observers } from "./observe.ts";
import type { Redactor } from "./redact.ts";

/** Where a module logs to. Messages are constant; what varies stands beside them: `log.warn({ identity }, "login refused")`. */
export type Logger = pino.Logger;

export interface LogOptions {
  level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  /** `auto`: readable when the destination is a terminal, JSON lines elsewhere. */
  format: "auto" | "json" | "pretty";
  redactor: Redactor;
  /** Where lines go; standard error unless given, so that standard output belongs to the command's answer. */
  destination?: NodeJS.WritableStream & { isTTY?: boolean };
  /** Who is told of each line, and adds to it. */
  observers?: Observers;
}

/** The root logger. Every line passes the redactor on its way out. */
export function createLogger({
  level,
  format,
  redactor,
  destination = process.stderr,
  observers,
}: LogOptions): Logger {
  const readable = format === "pretty" || (format === "auto" && destination.isTTY === true);
  const sink = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      destination.write(redactor.scrub(readable ? pretty(line) : line));
      done();
    },
  });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: {
        err: pino.stdSerializers.errWithCause,
        // What the parser of multipart forms works with: the request's headers, and with them cookie and key.
        busboyOptions: (options: object) => ({ ...options, headers: undefined }),
      },
      ...(observers === undefined ? {} : observed(observers)),
    },
    sink,
  );
}

function observed({ tell, logFields }: Observers): Pick<pino.LoggerOptions, "mixin" | "hooks"> {
  return {
    mixin: logFields,
    hooks: {
      logMethod(args, method) {
        const message = args.find((argument) => typeof argument === "string");
        if (typeof message === "string") tell({ type: "logged", message });
        method.apply(this, args);
      },
    },
  };
}
