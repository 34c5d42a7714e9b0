import { userInfo } from "node:os";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { createObservers } from "../observe.ts";
import type { Parts } from "../parts.ts";
import { createRedactor, type Redactor } from "../redact.ts";
import { createStyle, type Style } from "./style.ts";

/** What every command works with: settings, parts built when first needed, and where to write. */
export interface CliContext {
  /**
   * A command begins: it may ask for settings, log and parts from now on. What makes them is loaded here, for neither
   * help nor a malformed argument needs it. What another call said of the options stays.
   */
  use(options?: CliOptions): Promise<void>;
  readonly config: Config;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly parts: Parts;
  readonly project: string;
  /** In whose name a person's commands act, for the audit. */
  readonly actor: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** For what goes to standard output. */
  readonly style: Style;
  /** For what goes to standard error. */
  readonly errorStyle: Style;
  /** For scripts: one JSON value on standard output. */
  json(value: unknown): void;
  /** One line on standard output. */
  print(line?: string): void;
  close(): Promise<void>;
}

export interface CliOptions {
  project?: string;
  /** The process is the service: its log is what it has to say. */
  service?: boolean;
}

/** What a process is to its commands. */
export interface CliProcess {
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

export function createCliContext({ env: environment, stdin, stdout, stderr }: CliProcess): CliContext {
  const redactor = createRedactor();
  const observers = createObservers();
  let options: CliOptions = {};
  let makers: Makers | undefined;
  const making = () => {
    if (makers === undefined) throw new Error("No command has begun.");
    return makers;
  };
  let config: Config | undefined;
  let log: Logger | undefined;
  let parts: Parts | undefined;
  for (const stream of [stdout, stderr]) stream.on("error", passOverClosedPipe);

  const context: CliContext = {
    async use(given = {}) {
      options = { ...options, ...given };
      makers ??= await loadMakers();
    },
    get config() {
      return (config ??= making().readConfig(environment));
    },
    get log() {
      const { logLevel, logFormat: format } = context.config;
      // A command's own lines say what it does; its log is for what it cannot put into words.
      const isQuiet = options.service !== true && (environment["LATCHKEY_LOG_LEVEL"] ?? "") === "";
      const level = isQuiet ? "error" : logLevel;
      return (log ??= making().createLogger({ level, format, redactor, destination: stderr, observers }));
    },
    redactor,
    get parts() {
      return (parts ??= making().openParts({
        config: context.config,
        log: context.log,
        redactor,
        observers,
      }));
    },
    get project() {
      return options.project ?? context.config.project;
    },
    actor: `cli:${userName()}`,
    environment,
    stdin,
    stdout,
    stderr,
    style: createStyle(stdout),
    errorStyle: createStyle(stderr),
    json(value) {
      stdout.write(`${JSON.stringify(value, null, stdout.isTTY ? 2 : undefined)}\n`);
    },
    print(line = "") {
      stdout.write(`${line}\n`);
    },
    async close() {
      await parts?.[Symbol.asyncDispose]();
    },
  };
  return context;
}

type Makers = Awaited<ReturnType<typeof loadMakers>>;

async function loadMakers() {
  const [{ readConfig }, { createLogger }, { openParts }] = await Promise.all([
    import("../config.ts"),
    import("../log.ts"),
    import("../parts.ts"),
  ]);
  return { readConfig, createLogger, openParts };
}

/** `latchkey runs | head -1` has read enough; what the command does is done all the same. */
function passOverClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** A container may run under a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}
