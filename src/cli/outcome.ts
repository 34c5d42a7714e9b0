import type { Artifact, FailedOutcome, Outcome } from "../outcome.ts";
import type { CliContext } from "./context.ts";
import { duration, shellWord, size } from "./format.ts";
import { prose } from "./prose.ts";

const indent = "  ";
const labelWidth = 14;

/** What a run came to, for people: the result, or what went wrong, where, and what to do; and where its files lie. */
export function printOutcome(
  context: CliContext,
  { runId, outcome, artifacts }: { runId: string; outcome: Outcome; artifacts: readonly Artifact[] },
): void {
  const { style } = context;
  if (outcome.status === "succeeded") {
    context.print(JSON.stringify(outcome.result, null, 2));
    context.print(`${style.green("✓")} ${style.bold("succeeded")}  ${style.dim(runId)}`);
  } else {
    context.print(`${style.red("✗")} ${style.bold(outcome.code)}: ${outcome.message}`);
    printEvidence(context, outcome);
    printLine(context, "run", style.dim(runId));
  }
  for (const artifact of artifacts) printArtifact(context, runId, artifact);
}

function printEvidence(context: CliContext, { advice, evidence }: FailedOutcome): void {
  const { style } = context;
  context.print(`${indent}${style.dim(prose(context.stdout, advice, indent))}`);
  const said: [string, string | undefined][] = [
    ["page", evidence.url],
    ["title", evidence.title],
    ["the site says", evidence.siteMessage],
    ["step", evidence.step],
    ["error", evidence.error],
    ...(evidence.consoleErrors ?? []).map((text): [string, string] => ["console", text]),
  ];
  for (const [label, text] of said) if (text !== undefined) printLine(context, label, text);
  for (const { atMs, action, reason } of evidence.decisions ?? [])
    printLine(context, "login", `${style.dim(duration(atMs).padStart(7))}  ${action}: ${reason}`);
}

function printArtifact(context: CliContext, runId: string, { kind, name, bytes }: Artifact): void {
  const path = context.parts.artifacts.path(runId, name);
  const place = path === undefined ? name : shellWord(path);
  // With a port the viewer opens in whatever browser there is; without, only in one that Playwright has installed.
  const opener = {
    trace: "npx playwright-core show-trace --port 0",
    snapshot: "npx latchkey login --replay",
  };
  const shown = kind === "trace" || kind === "snapshot" ? `${opener[kind]} ${place}` : place;
  printLine(context, kind, `${shown}  ${context.style.dim(size(bytes))}`);
}

/** Further lines of a text stand under its first. */
function printLine(context: CliContext, label: string, text: string): void {
  const margin = `${indent}${" ".repeat(labelWidth)}`;
  context.print(
    `${indent}${context.style.dim(label.padEnd(labelWidth))}${text.replaceAll("\n", `\n${margin}`)}`,
  );
}
