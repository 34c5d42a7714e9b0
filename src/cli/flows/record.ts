import { join } from "node:path";
import type { Command } from "commander";
import type { Session } from "../../browser/session.ts";
import { defineFlow } from "../../flow.ts";
import { secretsOf } from "../../identity/credentials/credential-types.ts";
import { withSite } from "../../identity/site-of.ts";
import { createRedactor } from "../../redact.ts";
import type { CliContext } from "../context.ts";
import { checkDisplay } from "../display.ts";
import { counted } from "../format.ts";
import { untilDone } from "../hold-open.ts";
import { printOutcome } from "../outcome.ts";
import { prose } from "../prose.ts";
import { tellWritten, writeSite } from "./new.ts";
import type { RecordedAction } from "./recording/actions.ts";
import { actionLabel, flowSource } from "./recording/write-flow.ts";
import { placeFor, writeNew } from "./write-files.ts";

/** How long somebody may take to show what is to be done, in milliseconds. */
const longestMs = 4 * 3_600_000;
const recordFlowName = "latchkey/record";

export function registerFlowsRecord(flows: Command, context: CliContext): void {
  flows
    .command("record")
    .description("sign in, show the browser, and write what you do there as a flow")
    .argument("<name>", "<site>/<flow>, as acme/invoice")
    .requiredOption("--identity <id>", "id or name of the identity to sign in as")
    .addHelpText(
      "after",
      `
Example:
  $ npx latchkey flows record acme/invoice --identity me
Close the window, or press Enter, when it is done; Ctrl-C writes nothing.
What is typed into password fields, and what belongs to the identity, is not
written.`,
    )
    .action(async (name: string, { identity }: { identity: string }) => {
      checkDisplay(context);
      await recordFlow(context, {
        name,
        identity,
        untilShown: (session, signal) => untilDone(context, session, signal),
      });
    });
}

export interface RecordOptions {
  name: string;
  identity: string;
  /** Resolves when everything was shown. */
  untilShown: (session: Session, signal: AbortSignal) => Promise<void>;
}

/**
 * Signs in as the identity, records what is done in its window, and writes it as a flow, with a site's file where there
 * is none.
 * @throws Failure `invalid_argument`, `unknown_identity`
 */
export async function recordFlow(
  context: CliContext,
  { name, identity, untilShown }: RecordOptions,
): Promise<void> {
  const { config, stderr, style, errorStyle } = context;
  const place = await placeFor(name, config.flowsDir);
  const { identities } = await context.parts.store();
  const { id, sourceUrl } = withSite(await identities.get(context.project, identity));
  const isSecret = await secretTest(context, id);
  const [{ runHere }, { recordActions }] = await Promise.all([
    import("../run-here.ts"),
    import("./recording/record-actions.ts"),
  ]);
  let actions: RecordedAction[] = [];
  const flow = defineFlow({
    description: "Record what is done in the window",
    async run({ context: browser, session, signal }) {
      await using recorder = await recordActions(browser, (action) => {
        const label = actionLabel(action);
        stderr.write(`  ${errorStyle.cyan("●")} ${isSecret(label) ? action.name : label}\n`);
      });
      const ways = context.stdin.isTTY ? "Press Enter or close the window" : "Close the window";
      const text = `Recording: do in the window what the flow is to do. ${ways} when it is done.`;
      stderr.write(`${errorStyle.yellow("…")} ${prose(stderr, text, "  ")}\n`);
      await untilShown(session, signal);
      signal.throwIfAborted();
      actions = await recorder.stop();
      return { actions: actions.length };
    },
  });
  const ended = await runHere(
    context,
    { flow: recordFlowName, identityId: id, deadlineMs: longestMs },
    { quiet: false, headed: true, ownFlow: flow },
  );
  if (ended.outcome.status === "failed") return printOutcome(context, ended);
  await writeNew(join(place.folder, `${place.base}.ts`), flowSource({ actions, sourceUrl, isSecret }));
  tellWritten(
    context,
    place,
    `${place.base}.ts`,
    `the flow ${name}, of ${counted(actions.length, "action")}`,
  );
  await writeSite(context, place, new URL(sourceUrl));
  context.print(style.dim(`  npx latchkey run ${name} --identity ${identity} --headed --watch`));
}

/** Whether a text shows what belongs to the identity: its secrets, and its username. */
async function secretTest(context: CliContext, identityId: string): Promise<(text: string) => boolean> {
  const { identities } = await context.parts.store();
  const revealed = await identities.revealCredentials(identityId, { name: context.actor });
  const username = revealed.usernamePassword?.username;
  const secrets = [...secretsOf(revealed), ...(username === undefined ? [] : [username])];
  const redactor = createRedactor();
  for (const secret of secrets) redactor.add(secret);
  // Too short to be looked for inside of other text, but not to be known when it is all of it.
  return (text) => redactor.scrub(text) !== text || secrets.some((secret) => secret.reveal() === text);
}
