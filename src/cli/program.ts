import { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { type CommandGroup, commandGroups } from "./command-groups.ts";
import type { CliContext } from "./context.ts";

/**
 * The `latchkey` command: its options, its help and, of its subcommands, those that the arguments need. Malformed
 * arguments, and `--version`, end the process.
 */
export async function createProgram(context: CliContext, args: readonly string[]): Promise<Command> {
  const { errorStyle, style } = context;
  const program = new Command("latchkey")
    .description(
      "Runs browser flows as somebody: jobs name an identity and a flow, Latchkey signs in and runs it.",
    )
    .version(packageJson.version)
    .option("--project <name>", "project to work in, instead of LATCHKEY_PROJECT")
    .hook("preAction", (main) => context.use(main.opts<{ project?: string }>()))
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => style.bold(title) })
    .configureOutput({
      outputError: (text, write) => write(`${errorStyle.red("✗")} ${text.replace(/^error: /, "")}`),
    })
    .showHelpAfterError("  --help shows what the command takes.")
    .addHelpText(
      "after",
      `
A first round, on a fresh machine:
  $ npm run demo
      the whole story on a bundled practice site
  $ npx latchkey identities add --url https://app.example.com --username me
      asks for the password
  $ npx latchkey run web/capture --identity me
      signs in and captures the page, in this process
  $ npx latchkey start
      the service: takes jobs from the queue
  $ npx latchkey submit web/capture --identity me --watch
      a job for it

Settings are environment variables: docs/settings.md lists them.
What can go wrong, and what to do about it: docs/failures.md.`,
    );

  for (const register of await Promise.all(groupsFor(program, args).map(({ load }) => load())))
    register(program, context);
  return program;
}

/** The group of the command that is named first; all, where help or a suggestion is to speak of all. */
function groupsFor(program: Command, args: readonly string[]): readonly CommandGroup[] {
  const [name] = program.parseOptions([...args]).operands;
  const named = commandGroups.find(({ names }) => names.some((one) => one === name));
  return named === undefined ? commandGroups : [named];
}
