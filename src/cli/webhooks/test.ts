import type { CliContext } from "../context.ts";
import { duration } from "../format.ts";
import { createInterrupt } from "../interrupt.ts";

export async function testWebhook(context: CliContext, url: string, json: boolean): Promise<void> {
  const { webhookSecrets } = await context.parts.store();
  // Loaded where it is used only: most commands send nothing.
  const { sendSample } = await import("../../job/webhooks/send-sample.ts");
  using interrupt = createInterrupt("The sample was not sent.");
  const { at, ...attempt } = await sendSample(
    { secrets: webhookSecrets, allowed: context.config.webhookAllow },
    { project: context.project, url, signal: interrupt.signal },
  );
  if (attempt.error !== undefined) process.exitCode = 1;
  if (json) return context.json({ at: at.toISOString(), ...attempt });
  const { style } = context;
  const took = style.dim(`(${duration(attempt.durationMs)})`);
  context.print(
    attempt.error === undefined
      ? `${style.green("✓")} delivered: ${attempt.statusCode ?? ""} ${took}`
      : `${style.red("✗")} ${attempt.error} ${took}`,
  );
}
