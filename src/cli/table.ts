import widthTo from "fast-string-truncated-width";
import type { CliContext } from "./context.ts";
import type { Style } from "./style.ts";

export interface Column {
  head: string;
  /** May be cut, in a terminal too narrow for all, down to so many characters. */
  least?: number;
}

/** Text, and how it is styled once it is cut to its place. */
export type Cell = string | { text: string; style: (text: string) => string };

const gap = "  ";

/**
 * Rows under heads. Fits a terminal, by cutting the columns that may be cut, and where that is not enough by telling
 * each row in lines of its own; a pipe is given everything.
 */
export function table({ stdout, style }: CliContext, columns: Column[], rows: Cell[][]): string {
  const widest = columns.map(({ head }, index) =>
    Math.max(width(head), ...rows.map((row) => width(textOf(row[index])))),
  );
  const widths = stdout.isTTY ? fit(widest, columns, stdout.columns) : widest;
  if (widths === undefined) return stacked({ columns, rows, room: stdout.columns, style });
  const line = (cells: Cell[]) =>
    cells
      .map((cell, index) => place(cell, widths[index] ?? 0, index === columns.length - 1))
      .join(gap)
      .trimEnd();
  return [columns.map(({ head }) => ({ text: head, style: style.bold })), ...rows].map(line).join("\n");
}

/** Labels and what they say, one to a line. */
export function fields({ style }: CliContext, rows: [label: string, text: string][]): string {
  const widest = Math.max(...rows.map(([label]) => width(label)));
  return rows
    .map(([label, text]) => `${style.dim(label)}${" ".repeat(widest - width(label))}${gap}${text}`)
    .join("\n");
}

/** A row's cells one below the other, each with its head. */
function stacked({
  columns,
  rows,
  room,
  style,
}: {
  columns: Column[];
  rows: Cell[][];
  room: number;
  style: Style;
}): string {
  const heads = Math.max(...columns.map(({ head }) => width(head)));
  const left = Math.max(1, room - heads - gap.length);
  const line = (cell: Cell, { head }: Column) =>
    `${style.bold(head)}${" ".repeat(heads - width(head))}${gap}${place(cell, left, true)}`;
  return rows
    .map((row) => columns.map((column, index) => line(row[index] ?? "", column)).join("\n"))
    .join("\n\n");
}

/**
 * Takes what is too much from the widest of the columns that may be cut, again and again; undefined when that is not
 * enough.
 */
function fit(widest: number[], columns: Column[], available: number): number[] | undefined {
  const widths = [...widest];
  let excess = widths.reduce((sum, one) => sum + one, gap.length * (widths.length - 1)) - available;
  for (; excess > 0; excess -= 1) {
    const [first] = columns
      .map(({ head, least = Number.POSITIVE_INFINITY }, index) => ({
        index,
        spare: (widths[index] ?? 0) - Math.max(least, width(head)),
      }))
      .filter(({ spare }) => spare > 0)
      .toSorted((a, b) => (widths[b.index] ?? 0) - (widths[a.index] ?? 0));
    if (first === undefined) return undefined;
    widths[first.index] = (widths[first.index] ?? 0) - 1;
  }
  return widths;
}

function place(cell: Cell, room: number, isLast: boolean): string {
  const text = textOf(cell);
  const cut = width(text) > room ? `${beginning(text, room - 1)}…` : text;
  const padding = isLast ? "" : " ".repeat(Math.max(0, room - width(cut)));
  return `${typeof cell === "string" ? cut : cell.style(cut)}${padding}`;
}

/** As many whole characters as there is room for: a wide one is never cut in half, nor shown past the edge. */
function beginning(text: string, room: number): string {
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (width(kept + segment) > room) break;
    kept += segment;
  }
  return kept;
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === "string" ? cell : (cell?.text ?? "");
}

function width(text: string): number {
  return widthTo(text).width;
}
