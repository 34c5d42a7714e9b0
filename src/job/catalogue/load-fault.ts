import { execFile } from "node:child_process";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

interface Place {
  file: string;
  line: string;
}

const ours = new URL("../../", import.meta.url).href;

/** Why a file could not be loaded, for its author: where, as far as Node tells, and what it says. */
export async function loadFault(error: unknown, file: string): Promise<string> {
  const shown = relative(process.cwd(), file);
  if (!(error instanceof Error)) return `${shown}: could not be loaded: ${String(error)}`;
  const place = placeIn(error.stack ?? "") ?? (await placeOfSyntax(error, file));
  const [said = ""] = error.message.split("\n");
  if (place === undefined) return `${shown}: could not be loaded: ${said}`;
  const where = `${relative(process.cwd(), place.file)}:${place.line}`;
  return place.file === file
    ? `${where}: could not be loaded: ${said}`
    : `${shown}: could not be loaded: ${where}: ${said}`;
}

/** The first place of a stack that is in a file and not in a package. */
function placeIn(stack: string): Place | undefined {
  // A fault of syntax has its place in the first line; one of a running module, in the first frame.
  for (const line of stack.split("\n")) {
    const { address, number } =
      /^(?<address>(?:file:\/\/)?\/[^\s()]+?)(?:\?v=\d+)?:(?<number>\d+)$/.exec(line)?.groups ??
      /^ +at .*?\(?(?<address>file:\/\/[^\s()]+?)(?:\?v=\d+)?:(?<number>\d+):\d+\)?$/.exec(line)?.groups ??
      {};
    if (address === undefined || number === undefined) continue;
    if (address.includes("/node_modules/") || address.startsWith(ours)) continue;
    return { file: address.startsWith("file:") ? fileURLToPath(address) : address, line: number };
  }
  return undefined;
}

/** Node's loader keeps the place of some faults of syntax to itself; its `--check` tells. */
async function placeOfSyntax(error: Error, file: string): Promise<Place | undefined> {
  if (!(error instanceof SyntaxError)) return undefined;
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(process.execPath, ["--check", file], (_failed, _stdout, stderr) => resolve(stderr));
  return placeIn((await promise).split("\n", 1)[0] ?? "");
}
