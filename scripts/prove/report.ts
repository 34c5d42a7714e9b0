import { readFile, writeFile } from "node:fs/promises";
import { type Check, type Point, points } from "./check.ts";

export interface Proved {
  application: string;
  checks: Check[];
}

const marks = ["<!-- proving ground -->", "<!-- /proving ground -->"] as const;

export interface Totals {
  proved: number;
  failed: number;
  notApplicable: number;
}

export function totals(results: readonly Proved[]): Totals {
  const count = (status: Check["status"]) =>
    results.flatMap(({ checks }) => checks).filter((check) => check.status === status).length;
  return { proved: count("proved"), failed: count("failed"), notApplicable: count("not_applicable") };
}

export const summary = ({ proved, failed, notApplicable }: Totals) =>
  `${proved} proved, ${failed} failed, ${notApplicable} not applicable`;

/** Application × points; below it how sessions were ended, and what failed. */
export function asMarkdown(results: readonly Proved[], date: string): string {
  const numbers = points.map((_, index) => (index + 1) as Point);
  return [
    `| application | ${points.map((name, index) => `${index + 1} ${name}`).join(" | ")} |`,
    `|---|${points.map(() => ":-:|").join("")}`,
    ...results.map(
      ({ application, checks }) =>
        `| ${application} | ${numbers.map((point) => cell(checks, point)).join(" | ")} |`,
    ),
    "",
    `${date}: ${summary(totals(results))}. Each point was proved twice where it can be: from \`latchkey login\`, then as a queued run.`,
    "",
    ...notes(results),
  ].join("\n");
}

/** One sign per way: the command's first; a question mark where nothing was tried. */
function cell(checks: readonly Check[], point: Point): string {
  if (!checks.some((check) => check.point === point)) return "?";
  const sign = { proved: "✓", failed: "✗", not_applicable: "–" };
  const of = (["command", "queue"] as const).map(
    (way) => checks.find((check) => check.point === point && check.way === way)?.status ?? "not_applicable",
  );
  return of.every((status) => status === "not_applicable") ? "–" : of.map((status) => sign[status]).join(" ");
}

function notes(results: readonly Proved[]): string[] {
  const lines = results.flatMap(({ application, checks }) => [
    ...checks.flatMap(({ point, way, status, note }) => {
      if (status === "failed") return [`- **${application}, ${point}, ${way}**: ${oneLine(note)}`];
      return status === "proved" && point === 6 ? [`- ${application}, 6: ${oneLine(note)}`] : [];
    }),
    // What the command alone cannot do is no matter of the application.
    ...[
      ...Map.groupBy(
        checks.filter(({ status, way }) => status === "not_applicable" && way === "queue"),
        ({ note }) => note,
      ),
    ].map(([note, of]) => `- ${application}, ${of.map(({ point }) => point).join(" and ")}: – ${note}`),
  ]);
  return lines.length === 0
    ? []
    : [
        "<details><summary>How each session was ended, and what cannot apply</summary>",
        "",
        ...lines,
        "",
        "</details>",
      ];
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").slice(0, 300);

/** Writes the table between its marks; a file that has none becomes the table. */
export async function writeMarkdown(path: string, table: string): Promise<void> {
  const found = await readFile(path, "utf8").catch(() => "");
  const [before, rest] = found.split(marks[0]);
  const after = rest?.split(marks[1])[1];
  const written =
    after === undefined
      ? `${marks[0]}\n${table}\n${marks[1]}\n`
      : `${before}${marks[0]}\n${table}\n${marks[1]}${after}`;
  await writeFile(path, written);
}

/** What `writeJson` wrote; nothing where there is no such file. */
export async function readResults(path: string): Promise<Proved[]> {
  const text = await readFile(path, "utf8").catch(() => '{"applications":[]}');
  return (JSON.parse(text) as { applications: Proved[] }).applications;
}

/** In the order of their names; what is proved anew replaces what was. */
export function withEarlier(proved: readonly Proved[], earlier: readonly Proved[]): Proved[] {
  const anew = new Set(proved.map(({ application }) => application));
  return [...proved, ...earlier.filter(({ application }) => !anew.has(application))].sort((a, b) =>
    a.application < b.application ? -1 : 1,
  );
}

export async function writeJson(path: string, results: readonly Proved[], date: string): Promise<void> {
  const report = { date, ...totals(results), points, applications: results };
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
}
