import { readFile } from "node:fs/promises";
import { Failure } from "../failure.ts";
import { type ReplayedStep, replay } from "../login/replay.ts";
import { parseStoredLogin } from "../login/stored-login.ts";
import type { CliContext } from "./context.ts";
import { counted } from "./format.ts";
import { explain } from "./login-report.ts";

/**
 * Decides once more on the pages of a stored login, offline, and tells what differs from what was decided then.
 * @returns the exit code: 1 where something differs
 * @throws Failure `invalid_argument` where the file is none, or not whole
 */
export async function replayFile(
  context: CliContext,
  { path, json }: { path: string; json: boolean },
): Promise<number> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("invalid_argument", "--replay: there is no such file, or it cannot be read.", {
      cause,
    });
  });
  const stored = parseStoredLogin(text);
  const steps = replay(stored);
  const differing = steps.filter(({ differences }) => differences.length > 0).length;
  if (json) context.json({ end: stored.end, differing, steps: steps.map(stepJson) });
  else print(context, steps, differing);
  return differing > 0 ? 1 : 0;
}

function stepJson({ atMs, url, decision, differences }: ReplayedStep) {
  const { rule, saw, doing, reason } = decision;
  return { atMs, url, saw, action: doing, reason, rule, differences };
}

function print(context: CliContext, steps: ReplayedStep[], differing: number): void {
  const { style } = context;
  for (const { atMs, url, decision, differences } of steps) {
    const { saw, doing, reason } = decision;
    explain(context, { atMs, url, saw, action: doing, reason });
    for (const { member, stored, today } of differences)
      context.print(
        style.red(
          `       ≠  ${member} was ${JSON.stringify(stored)} when stored, and is ${JSON.stringify(today)} today`,
        ),
      );
  }
  const all = counted(steps.length, "decision");
  if (differing === 0) context.print(`${style.green("✓")} ${style.bold(all)}, as stored`);
  else context.print(`${style.red("✗")} ${style.bold(`${differing} of ${all}`)} differ from what was stored`);
}
