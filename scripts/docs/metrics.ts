import { createMetrics } from "../../src/metrics/registry.ts";

/** The generated part of docs/operations.md: every metric of ours, as the registry has it. */
export function metricsTable(): string {
  const { registry } = createMetrics();
  const rows = registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith("latchkey_"))
    .map((metric) => {
      const labels = labelsOf(metric).map((label) => `\`${label}\``);
      return `| \`${metric.name}\` | ${kindOf(metric)} | ${labels.join(", ")} | ${metric.help} |`;
    });
  registry.clear();
  return ["| metric | kind | labels | what it tells |", "|---|---|---|---|", ...rows].join("\n");
}

const kindOf = (metric: object) => metric.constructor.name.toLowerCase();

/** prom-client keeps them with each metric, but does not declare them. */
const labelsOf = (metric: object) =>
  "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
