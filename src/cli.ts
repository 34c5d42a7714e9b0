#!/usr/bin/env node
import { createCliContext } from "./cli/context.ts";
import { endLingering } from "./cli/end-lingering.ts";
import { createProgram } from "./cli/program.ts";
import { reportFailure } from "./cli/report-failure.ts";
import { watchStrayErrors } from "./cli/stray-errors.ts";

const context = createCliContext(process);
const args = process.argv.slice(2);
try {
  const program = await createProgram(context, args);
  // Those of a flow, which runs in a command's action only.
  program.hook("preAction", () => watchStrayErrors(context));
  await program.parseAsync(args, { from: "user" });
} catch (error) {
  process.exitCode = await reportFailure(error, context);
} finally {
  await context.close();
  endLingering(() => context.log);
}
