/**
 * Sentences in lines that a terminal has room for, each but the first indented; in a pipe each paragraph stays one
 * line. The first line's indent is the caller's, who may have written a label there.
 */
export function prose(stream: NodeJS.WriteStream, text: string, indent: string): string {
  const room = stream.isTTY ? Math.max(20, stream.columns - indent.length) : Number.POSITIVE_INFINITY;
  return text
    .split("\n")
    .flatMap((paragraph) => wrap(paragraph.trim(), room))
    .join(`\n${indent}`);
}

function wrap(paragraph: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of paragraph.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
