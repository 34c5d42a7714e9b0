import { text as readAll } from "node:stream/consumers";
import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { handInCode } from "../job/hand-in-code.ts";
import { Secret } from "../secret.ts";
import type { CliContext } from "./context.ts";
import { findId } from "./find-id.ts";
import { readSecret } from "./secrets.ts";

interface CodeOptions {
  identity?: string;
  codeEnv?: string;
  json?: boolean;
}

export function registerCode(program: Command, context: CliContext): void {
  program
    .command("code")
    .description("hand in a one-time code, or the link that was sent, to a run that waits for it")
    .argument("[run]", "the run, by its id or the beginning of it; the one that waits, if it is the only one")
    .option("--identity <id>", "for whichever run of this identity asks next")
    .option("--code-env <variable>", "name of the environment variable that holds the code")
    .option("--json", "print JSON: whom it was handed in for")
    .addHelpText(
      "after",
      `
The code is asked for, or read from standard input. It is never an argument:
those are in the shell's history and the process list.
  $ npx latchkey runs --status waiting_for_code
  $ npx latchkey code 3f2a91bc
  $ pbpaste | npx latchkey code 3f2a91bc
  $ npx latchkey code --identity me --code-env CODE`,
    )
    .action(async (given: string | undefined, { identity, codeEnv, json }: CodeOptions) => {
      if (given !== undefined && identity !== undefined)
        throw new Failure("invalid_argument", "Name a run or --identity, not both.");
      const { parts, project, style } = context;
      const { runs, identities, codes } = await parts.store();
      const actor = { name: context.actor };
      if (identity !== undefined) {
        const { id, name } = await identities.get(project, identity);
        await codes.push({ identityId: id, code: await readCode(context, codeEnv), actor });
        if (json === true) return context.json({ identityId: id });
        return context.print(`${style.green("✓")} handed in for the next run of ${name} that asks`);
      }
      const runId = given === undefined ? await onlyWaiting(context) : await findId(context, "runs", given);
      const { status, endedAt } = await runs.get(project, runId);
      if (endedAt !== null)
        throw new Failure("conflict", `The run ${runId} has ended: no code is waited for any more.`);
      const code = await readCode(context, codeEnv);
      await handInCode({ runs, identities, codes }, { project, runId, code, actor });
      if (json === true) return context.json({ runId, status });
      const soon = status === "waiting_for_code" ? "" : "; it does not wait for one yet";
      context.print(`${style.green("✓")} handed in${soon}  ${style.dim(runId)}`);
    });
}

async function readCode(context: CliContext, env: string | undefined): Promise<Secret> {
  const { stdin, redactor } = context;
  if (env !== undefined || stdin.isTTY)
    return await readSecret(context, {
      env,
      option: "--code-env",
      prompt: "Code, or the link that was sent",
    });
  const code = new Secret((await readAll(stdin)).trim());
  redactor.add(code);
  return code;
}

async function onlyWaiting({ parts, project }: CliContext): Promise<string> {
  const { runs } = await parts.store();
  const waiting = await runs.list({ project, status: "waiting_for_code", limit: 2 });
  const [run, another] = waiting;
  if (run === undefined) throw new Failure("not_found", "No run waits for a code.");
  if (another !== undefined)
    throw new Failure(
      "invalid_argument",
      "Several runs wait for a code: name one of `latchkey runs --status waiting_for_code`.",
    );
  return run.id;
}
