import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failures } from "../../src/failure.ts";
import { faults } from "../../src/metrics/faults.ts";
import { createMetrics } from "../../src/metrics/registry.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFile(join(root, path), "utf8");

const { registry } = createMetrics();
const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));

/** Every metric a text names, without the endings that a histogram's series have. */
function metricsIn(text: string): string[] {
  const names = text.match(/\b(?:latchkey|nodejs|process)_[a-z0-9_]*[a-z0-9]\b/g) ?? [];
  return [...new Set(names)];
}

const exists = (name: string) => known.has(name) || known.has(name.replace(/_(?:bucket|count|sum)$/, ""));

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string }[];
}

test("the dashboard asks for metrics that there are, and for nearly all of ours", async () => {
  const dashboard = JSON.parse(await read("deploy/grafana/latchkey.json")) as { panels: Panel[] };
  const panels = dashboard.panels.filter(({ type }) => type !== "row");
  expect(panels.length).toBeGreaterThan(20);
  for (const { title, targets = [] } of panels)
    expect(targets.flatMap(({ expr }) => metricsIn(expr)).length, title).toBeGreaterThan(0);
  const asked = panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsIn(expr)));
  expect(asked.filter((name) => !exists(name))).toEqual([]);
  const shown = new Set(
    asked.map((name) => (known.has(name) ? name : name.replace(/_(?:bucket|count|sum)$/, ""))),
  );
  expect([...known].filter((name) => name.startsWith("latchkey_") && !shown.has(name))).toEqual([]);
});

test("alerts and docs name metrics, faults and codes that there are", async () => {
  for (const path of ["deploy/prometheus/latchkey-rules.yml", "docs/operations.md"]) {
    const text = await read(path);
    expect(metricsIn(text).length, path).toBeGreaterThan(10);
    expect(
      metricsIn(text).filter((name) => !exists(name)),
      path,
    ).toEqual([]);
    const named = [...text.matchAll(/fault="(\w+)"/g)].map(([, fault]) => fault);
    expect(named.filter((fault) => !Object.values(faults).includes(fault ?? ""))).toEqual([]);
    const codes = [...text.matchAll(/code="(\w+)"/g)].map(([, code]) => code ?? "");
    expect(codes.filter((code) => !(code in failures))).toEqual([]);
  }
});

test("a metric that is gone would be found", () => {
  expect(exists("latchkey_runs_ended_total")).toBe(true);
  expect(exists("latchkey_run_duration_seconds_bucket")).toBe(true);
  expect(exists("latchkey_runs_started_total")).toBe(false);
});
