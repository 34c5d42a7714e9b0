import { userInfo } from "node:os";
import { bold, dim, red } from "yoctocolors";
import { type Config, readConfig } from "../config.ts";
import { toFailure } from "../failure.ts";
import { createLogger, type Logger } from "../log.ts";
import { openParts, type Parts } from "../parts.ts";
import { createRedactor, type Redactor } from "../redact.ts";

/** What every command works with: settings, parts built when first needed, and where to write. */
export interface CliContext {
  use(options: { project?: string }): void;
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
  /** For scripts: one JSON value on standard output. */
  json(value: unknown): void;
  /** One line on standard output. */
  print(line?: string): void;
  close(): Promise<void>;
}

type Process = Pick<NodeJS.Process, "env" | "stdin" | "stdout" | "stderr">;

export function createCliContext({ env: environment, stdin, stdout, stderr }: Process): CliContext {
  const redactor = createRedactor();
  let project: string | undefined;
  let config: Config | undefined;
  let log: Logger | undefined;
  let parts: Parts | undefined;

  const context: CliContext = {
    use(options) {
      project = options.project;
    },
    get config() {
      return (config ??= readConfig(environment));
    },
    get log() {
      return (log ??= createLogger({
        level: context.config.logLevel,
        format: context.config.logFormat,
        redactor,
        destination: stderr,
      }));
    },
    redactor,
    get parts() {
      return (parts ??= openParts({ config: context.config, log: context.log, redactor }));
    },
    get project() {
      return project ?? context.config.project;
    },
    actor: `cli:${userName()}`,
    environment,
    stdin,
    stdout,
    stderr,
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

/** Tells what was wrong and what to do, on standard error; never a stack. @returns the exit code */
export function reportFailure(error: unknown, { stderr, redactor }: CliContext): number {
  const failure = toFailure(error);
  const cause =
    failure.code === "internal_error" && error instanceof Error
      ? `\n${dim(redactor.scrub(error.message))}`
      : "";
  stderr.write(
    `${red("✗")} ${bold(failure.code)}: ${redactor.scrub(failure.message)}${cause}\n  ${dim(failure.advice)}\n`,
  );
  return 1;
}

/** A container may run under a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}
