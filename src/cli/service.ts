import type { Command } from "commander";
import { type Role, startService } from "../main.ts";
import type { CliContext } from "./context.ts";

const commands: { name: string; description: string; roles: Role[] }[] = [
  { name: "start", description: "run everything: the worker and the server", roles: ["worker", "server"] },
  { name: "worker", description: "take jobs from the queue and run them", roles: ["worker"] },
  { name: "server", description: "answer /live and /ready", roles: ["server"] },
];

export function registerService(program: Command, context: CliContext): void {
  for (const { name, description, roles } of commands) {
    program
      .command(name)
      .description(description)
      .addHelpText(
        "after",
        "\nA first SIGINT or SIGTERM lets runs in flight finish within LATCHKEY_SHUTDOWN_GRACE_MS, then gives them back to the\nqueue; a second one gives them back at once.",
      )
      .action(() => serve(context, new Set(roles)));
  }
}

/** Runs until told to stop. */
async function serve(context: CliContext, roles: ReadonlySet<Role>): Promise<void> {
  const { parts, log, config } = context;
  const asked = Promise.withResolvers<NodeJS.Signals>();
  let stopping: ((graceMs: number) => Promise<void>) | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping === undefined) return asked.resolve(signal);
    log.warn({ signal }, "asked twice: stopping at once");
    void stopping(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);

  const service = await startService(parts, roles);
  if (roles.has("server")) context.print(`Latchkey is up: ${service.url ?? ""}`);
  const signal = await asked.promise;
  log.info({ signal, graceMs: config.shutdownGraceMs }, "stopping");
  stopping = (graceMs) => service.stop(graceMs);
  await stopping(config.shutdownGraceMs);
}
