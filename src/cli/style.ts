import { styleText } from "node:util";

const formats = ["bold", "dim", "red", "green", "yellow", "cyan"] as const;

/** Colours for one stream: as that stream can show them, and none in a pipe, a file or under NO_COLOR. */
export type Style = Record<(typeof formats)[number], (text: string) => string>;

export function createStyle(stream: NodeJS.WriteStream): Style {
  const entries = formats.map((format) => [format, (text: string) => styleText(format, text, { stream })]);
  return Object.fromEntries(entries) as Style;
}
