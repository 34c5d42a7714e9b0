import type { Style } from "../../src/cli/style.ts";
import type { Audit } from "./audit.ts";
import { median } from "./vitals.ts";

/** A soak's figures for people. */
export function asText({ breaches, figures, outcomes, faults, vitals }: Audit, style: Style): string {
  const lines = [style.bold("What the runs came to")];
  for (const [kind, codes] of Object.entries(outcomes)) lines.push(`  ${kind.padEnd(18)} ${counted(codes)}`);
  lines.push("", style.bold("What was done to them"), `  ${counted(faults)}`, "", style.bold("Figures"));
  for (const [name, value] of Object.entries(figures)) lines.push(`  ${name.padEnd(18)} ${value}`);
  const slopes = vitals.flatMap(({ mbPerMinute }) => (mbPerMinute === undefined ? [] : [mbPerMinute]));
  lines.push(
    `  ${"worker memory".padEnd(18)} ${Math.round(Math.max(0, ...vitals.map(({ lastRssMb }) => lastRssMb)))} MiB at most; slopes ${slopes.map((slope) => slope.toFixed(1)).join(", ") || "none long enough"} MiB a minute`,
    `  ${"event-loop lag".padEnd(18)} p99 ${Math.round(median(vitals.map(({ lagP99Ms }) => lagP99Ms)))} ms in the median, ${Math.round(Math.max(0, ...vitals.map(({ lagMaxMs }) => lagMaxMs)))} ms at worst`,
    "",
  );
  if (breaches.length === 0)
    lines.push(style.green("Every run ended once, in an outcome that fits; nothing was left."));
  else lines.push(style.red(`${breaches.length} breaches`), ...breaches.map((breach) => `  ${breach}`));
  return lines.join("\n");
}

function counted(counts: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
