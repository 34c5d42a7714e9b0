#!/usr/bin/env node
import { Command, Option } from "commander";
import { createCliContext, reportFailure } from "./cli/context.ts";
import { registerDoctor } from "./cli/doctor.ts";
import { registerFlows } from "./cli/flows.ts";
import { registerIdentities } from "./cli/identities.ts";
import { registerKeys } from "./cli/keys.ts";
import { registerLogin } from "./cli/login.ts";
import { registerRun } from "./cli/run.ts";
import { registerRuns } from "./cli/runs.ts";
import { registerService } from "./cli/service.ts";
import { registerSubmit } from "./cli/submit.ts";

const context = createCliContext(process);
const program = new Command("latchkey")
  .description(
    "Runs browser flows as somebody: jobs name an identity and a flow, Latchkey signs in and runs it.",
  )
  .version("0.1.0")
  .addOption(new Option("--project <name>", "project to work in").env("LATCHKEY_PROJECT"))
  .hook("preAction", (command) => context.use(command.opts<{ project?: string }>()))
  .showHelpAfterError()
  .addHelpText(
    "after",
    `
A first round, on a fresh machine:
  $ npm run demo                                   the whole story on a bundled practice site
  $ npx latchkey identities add --url https://… --username me     asks for the password
  $ npx latchkey run web/capture --identity me     signs in and captures the page, in this process
  $ npx latchkey start                             the service: takes jobs from the queue
  $ npx latchkey submit web/capture --identity me --watch

Settings are environment variables: docs/settings.md lists them. Failure codes: docs/failures.md.`,
  );

registerService(program, context);
registerIdentities(program, context);
registerFlows(program, context);
registerRun(program, context);
registerSubmit(program, context);
registerRuns(program, context);
registerLogin(program, context);
registerKeys(program, context);
registerDoctor(program, context);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, context);
} finally {
  await context.close();
}
