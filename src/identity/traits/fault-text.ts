import type { FailureDetail } from "../../failure.ts";
import { type FaultNode, goPathStep } from "./fault-tree.ts";

const mostCharacters = 8_000;
const mostFaults = 50;

/** The faults as Kratos tells them: a line each, `I[where in the document] S[where in the schema] what`, causes indented. */
export function reasonOf(node: FaultNode): string {
  const lines: string[] = [];
  let left = mostCharacters;
  const write = (next: FaultNode, depth: number): void => {
    const place = ["#", ...next.at.map(goPathStep)].join("/");
    const line = `${"  ".repeat(depth)}I[${place}] S[${next.schema}] ${next.message}`;
    left -= line.length;
    if (left < 0) {
      return;
    }
    lines.push(line);
    for (const cause of next.causes) {
      write(cause, depth + 1);
    }
  };
  write(node, 0);
  return left < 0 ? `${lines.join("\n")}\n...` : lines.join("\n");
}

/** Each fault that has no other behind it, by where it is: the names joined by dots, those of missing traits included. */
export function detailsOf(node: FaultNode): FailureDetail[] {
  return leavesOf(node)
    .flatMap(({ at, message, names }) =>
      names === undefined
        ? [{ path: at.join("."), message }]
        : names.map((name) => ({ path: [...at, name].join("."), message })),
    )
    .slice(0, mostFaults);
}

function leavesOf(node: FaultNode): FaultNode[] {
  return node.causes.length === 0 ? [node] : node.causes.flatMap(leavesOf);
}
