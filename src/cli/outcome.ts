import { bold, dim, green, red } from "yoctocolors";
import type { Artifact, Outcome } from "../outcome.ts";
import type { CliContext } from "./context.ts";

/** What a run came to, for people: the result, or what went wrong, where, and what to do. */
export function printOutcome(
  context: CliContext,
  { runId, outcome, artifacts }: { runId: string; outcome: Outcome; artifacts: readonly Artifact[] },
): void {
  context.print();
  if (outcome.status === "succeeded") {
    context.print(`${green("✓")} ${bold("succeeded")}  ${dim(runId)}`);
    context.print(JSON.stringify(outcome.result, null, 2));
  } else {
    const { evidence } = outcome;
    context.print(`${red("✗")} ${bold(outcome.code)}: ${outcome.message}  ${dim(runId)}`);
    context.print(`  ${dim(outcome.advice)}`);
    const rows: [string, string | undefined][] = [
      ["page", evidence.url],
      ["title", evidence.title],
      ["the site says", evidence.siteMessage],
      ["step", evidence.step],
      ["error", evidence.error],
    ];
    for (const [label, text] of rows) if (text !== undefined) context.print(`  ${label.padEnd(13)} ${text}`);
    for (const { action, reason } of evidence.decisions ?? [])
      context.print(dim(`  login         ${action}: ${reason}`));
  }
  for (const artifact of artifacts) {
    context.print(`  ${artifact.kind.padEnd(13)} ${context.parts.artifacts.path(runId, artifact.name)}`);
    if (artifact.kind === "trace") {
      context.print(
        dim(
          `                npx playwright-core show-trace ${context.parts.artifacts.path(runId, artifact.name)}`,
        ),
      );
    }
  }
}
