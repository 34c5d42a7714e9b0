import type { CliContext } from "./context.ts";

/** How long closing may take once the process is no longer to be trusted, in milliseconds. */
const closeMs = 5_000;

/**
 * A flow that does not await what it started may fail behind everybody's back. A promise rejected that way is
 * logged and hurts nobody; after an error thrown from a timer or an event, the process closes what it has open and
 * ends with exit code 1: its runs go to other workers.
 */
export function watchStrayErrors(context: CliContext): void {
  process.on("unhandledRejection", (reason) => {
    context.log.error({ err: reason }, "a promise that nobody awaited was rejected");
  });
  process.once("uncaughtException", (error) => {
    context.log.fatal({ err: error }, "an error that nobody caught; ending");
    process.on("uncaughtException", () => {});
    setTimeout(() => process.exit(1), closeMs).unref();
    context.close().then(
      () => process.exit(1),
      () => process.exit(1),
    );
  });
}
