import { type Command, InvalidArgumentError } from "commander";
import type { Config } from "../../config.ts";
import { Failure } from "../../failure.ts";
import { liveLink } from "../../http/live/live-link.ts";
import { createSessionTokens } from "../../session/tokens.ts";
import type { CliContext } from "../context.ts";
import { findId } from "../find-id.ts";

export function registerLive(runs: Command, context: CliContext): void {
  runs
    .command("live")
    .description("print a link at which a person sees a run's page live, good for an hour")
    .argument("<id>", "the run, by its id or the beginning of it")
    .option("--drive", "mouse and keys go to the page: whoever has the link acts as the identity")
    .option("--server <url>", "where people reach the server", parseServer)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey runs live 3f2a91bc --drive")
    .action(
      async (
        given: string,
        options: { drive?: boolean; server?: string; json?: boolean },
        command: Command,
      ) => {
        const { runs: store, keyring } = await context.parts.store();
        const { project } = context;
        const id = await findId(context, "runs", given);
        const run = await store.get(project, id);
        if (run.endedAt !== null)
          throw new Failure("conflict", "The run has ended: there is nothing to see.");
        const { url, expiresAt } = liveLink(createSessionTokens({ keyring }), {
          base: options.server ?? serverOf(context.config),
          id,
          project,
          scope: options.drive === true ? "drive" : "view",
        });
        // `runs` itself has the option too, and takes it.
        const { json } = command.optsWithGlobals<{ json?: boolean }>();
        if (json === true) return context.json({ url, expiresAt: expiresAt.toISOString() });
        context.print(url);
      },
    );
}

/** Where a server of these settings answers on this machine. */
function serverOf({ host, port }: Pick<Config, "host" | "port">): string {
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

function parseServer(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("Give an address, as https://latchkey.example.");
}
