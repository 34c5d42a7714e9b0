import { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { registerApplications } from "./applications.ts";
import { registerBatches } from "./batches.ts";
import { registerCancel } from "./cancel.ts";
import { registerCode } from "./code.ts";
import type { CliContext } from "./context.ts";
import { registerDoctor } from "./doctor.ts";
import { registerFlows } from "./flows.ts";
import { registerHealth } from "./health.ts";
import { registerIdentities } from "./identities.ts";
import { registerKeys } from "./keys.ts";
import { registerLogin } from "./login.ts";
import { registerPasskeys } from "./passkeys.ts";
import { registerRun } from "./run.ts";
import { registerRuns } from "./runs.ts";
import { registerSchedules } from "./schedules.ts";
import { registerService, serviceCommands } from "./service.ts";
import { registerSessions } from "./sessions.ts";
import { registerSubmit } from "./submit.ts";
import { registerWebhooks } from "./webhooks.ts";

/** The `latchkey` command: its options, its subcommands and its help. Malformed arguments end the process with 1. */
export function createProgram(context: CliContext): Command {
  const { errorStyle, style } = context;
  const program = new Command("latchkey")
    .description(
      "Runs browser flows as somebody: jobs name an identity and a flow, Latchkey signs in and runs it.",
    )
    .version(packageJson.version)
    .option("--project <name>", "project to work in, instead of LATCHKEY_PROJECT")
    .hook("preAction", (main, command) =>
      context.use({
        ...main.opts<{ project?: string }>(),
        service: serviceCommands.has(command.name()),
      }),
    )
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => style.bold(title) })
    .configureOutput({
      outputError: (text, write) => write(`${errorStyle.red("✗")} ${text.replace(/^error: /, "")}`),
    })
    .showHelpAfterError("  --help shows what the command takes.")
    .addHelpText(
      "after",
      `
A first round, on a fresh machine:
  $ npm run demo
      the whole story on a bundled practice site
  $ npx latchkey identities add --url https://app.example.com --username me
      asks for the password
  $ npx latchkey run web/capture --identity me
      signs in and captures the page, in this process
  $ npx latchkey start
      the service: takes jobs from the queue
  $ npx latchkey submit web/capture --identity me --watch
      a job for it

Settings are environment variables: docs/settings.md lists them.
What can go wrong, and what to do about it: docs/failures.md.`,
    );

  registerService(program, context);
  registerIdentities(program, context);
  registerApplications(program, context);
  registerPasskeys(program, context);
  registerFlows(program, context);
  registerRun(program, context);
  registerSubmit(program, context);
  registerBatches(program, context);
  registerSessions(program, context);
  registerRuns(program, context);
  registerSchedules(program, context);
  registerHealth(program, context);
  registerCancel(program, context);
  registerCode(program, context);
  registerWebhooks(program, context);
  registerLogin(program, context);
  registerKeys(program, context);
  registerDoctor(program, context);
  return program;
}
