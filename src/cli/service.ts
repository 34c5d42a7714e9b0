import { constants } from "node:os";
import type { Command } from "commander";
import type { Role } from "../main.ts";
import { watchEventLoop } from "../watchdog.ts";
import type { CliContext } from "./context.ts";

/** An event loop that stands still for less than this, in milliseconds, is only busy. */
const leastStillMs = 5_000;

const commands: { name: string; description: string; roles: Role[] }[] = [
  { name: "start", description: "run everything: the worker and the server", roles: ["worker", "server"] },
  { name: "worker", description: "take jobs from the queue and run them", roles: ["worker"] },
  {
    name: "server",
    description: "answer HTTP requests: the API, /docs, /live and /ready",
    roles: ["server"],
  },
];

/** Registers the commands that serve until they are told to stop. */
export function registerService(program: Command, context: CliContext): void {
  for (const { name, description, roles } of commands) {
    program
      .command(name)
      .description(description)
      .hook("preAction", () => context.use({ service: true }))
      .addHelpText(
        "after",
        `
Example:
  $ LATCHKEY_CONCURRENCY=8 npx latchkey ${name}
A first SIGINT or SIGTERM lets runs in flight finish within
LATCHKEY_SHUTDOWN_GRACE_MS, then gives them back to the queue; a second one
gives them back at once; a third ends the process where it stands.`,
      )
      .action(() => serve(context, new Set(roles)));
  }
}

/** Runs until told to stop. */
async function serve(context: CliContext, roles: ReadonlySet<Role>): Promise<void> {
  const { parts, log, config } = context;
  const asked = Promise.withResolvers<NodeJS.Signals>();
  let times = 0;
  let stop: ((graceMs: number) => Promise<void>) | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    times += 1;
    if (times > 2) process.exit(128 + constants.signals[signal]);
    if (times === 1) return asked.resolve(signal);
    log.warn({ signal }, "asked twice: stopping at once");
    void stop?.(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);

  const { startService } = await import("../main.ts");
  const service = await startService(parts, roles);
  using _watchdog = watchEventLoop({ limitMs: Math.max(leastStillMs, 2 * config.leaseTtlMs), log });
  if (service.url !== undefined) context.print(`Latchkey is up: ${service.url}`);
  const signal = await asked.promise;
  stop = (graceMs) => service.stop(graceMs);
  log.info({ signal, graceMs: config.shutdownGraceMs }, "stopping");
  await stop(times > 1 ? 0 : config.shutdownGraceMs);
}
