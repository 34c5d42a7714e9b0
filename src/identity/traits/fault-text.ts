import type { FailureDetail } from "../../failure.ts";
import { type FaultNode, goPathStep } from "./fault-tree.ts";

const mostCharacters = 8_000;
const mostFaults = 50;
const mostOfPath = 500;

/** The faults as Kratos tells them: a line each, `I[where in the document] S[where in the schema] what`, causes indented. */
export function reasonOf(node: FaultNode): string {
  const lines: string[] = [];
  let left = mostCharacters;
  const write = (next: FaultNode, depth: number): void => {
    const place = ["#", ...next.at.map(goPathStep)].join("/");
    const line = `${"  ".repeat(depth)}I[${place}] S[${next.schema}] ${next.message()}`;
    left -= line.length;
    if (left < 0) {
      return;
    }
    lines.push(line);
    for (const cause of next.causes) {
      write(cause, depth + 1);
      if (left < 0) {
        return;
      }
    }
  };
  write(node, 0);
  return left < 0 ? `${lines.join("\n")}\n...` : lines.join("\n");
}

/** Each fault that has no other behind it, by where it is: the names joined by dots, those of missing traits included. */
export function detailsOf(node: FaultNode): FailureDetail[] {
  return leavesOf(node).flatMap(detailsOfLeaf).take(mostFaults).toArray();
}

function* leavesOf(node: FaultNode): Generator<FaultNode> {
  if (node.causes.length === 0) {
    yield node;
  }
  for (const cause of node.causes) {
    yield* leavesOf(cause);
  }
}

function detailsOfLeaf({ at, message, names }: FaultNode): FailureDetail[] {
  const text = message();
  const places = names === undefined ? [at] : names.slice(0, mostFaults).map((name) => [...at, name]);
  return places.map((steps) => ({ path: steps.join(".").slice(0, mostOfPath), message: text }));
}
