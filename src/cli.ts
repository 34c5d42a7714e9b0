#!/usr/bin/env node
import { createCliContext } from "./cli/context.ts";
import { endLingering } from "./cli/end-lingering.ts";
import { createProgram } from "./cli/program.ts";
import { reportFailure } from "./cli/report-failure.ts";
import { watchStrayErrors } from "./cli/stray-errors.ts";

const context = createCliContext(process);
watchStrayErrors(context);
try {
  await createProgram(context).parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, context);
} finally {
  await context.close();
  endLingering(() => context.log);
}
