import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { parseCount } from "./parse.ts";
import { type ListOptions, listWebhooks } from "./webhooks/list.ts";
import { type RedeliverOptions, redeliverWebhooks } from "./webhooks/redeliver.ts";
import { type SecretOptions, showSecret } from "./webhooks/secret.ts";
import { showWebhook } from "./webhooks/show.ts";
import { testWebhook } from "./webhooks/test.ts";

const mostListed = 1_000;

export function registerWebhooks(program: Command, context: CliContext): void {
  const group = program
    .command("webhooks")
    .description("reports of runs: what was told, telling it again, the secret that signs it")
    .addHelpText("after", "\nExample:\n  $ npx latchkey webhooks list --failed");
  group
    .command("list")
    .description("list deliveries, newest first")
    .option("--failed", "those that were given up")
    .option("--run <id>", "of this run, by its id or the beginning of it")
    .option("--limit <n>", "how many", parseCount(mostListed), 20)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey webhooks list --run 3f2a91bc")
    .action((options: ListOptions) => listWebhooks(context, options));
  group
    .command("show")
    .description("show one delivery: what is sent, and each attempt")
    .argument("<id>", "its id or the beginning of it; receivers see it as webhook-id")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey webhooks show 7d2c01aa")
    .action((id: string, { json }: { json?: boolean }) => showWebhook(context, id, json === true));
  group
    .command("redeliver")
    .description("send deliveries again, whatever became of them")
    .argument("[id]", "one delivery, by its id or the beginning of it")
    .option("--run <id>", "all of this run, by its id or the beginning of it")
    .option("--failed", "all that were given up")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey webhooks redeliver 7d2c01aa
  $ npx latchkey webhooks redeliver --failed
A running service sends them: at once, then with growing pauses for about a day.
They keep their webhook-id, by which a receiver knows what it has already.`,
    )
    .action((id: string | undefined, options: RedeliverOptions) => redeliverWebhooks(context, id, options));
  group
    .command("test")
    .description("send a signed sample from here, once, and say how it went")
    .argument("<url>", "where to")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ npx latchkey webhooks test https://example.com/hooks/latchkey\nThe exit code is 0 if the receiver answered with 2xx.",
    )
    .action((url: string, { json }: { json?: boolean }) => testWebhook(context, url, json === true));
  group
    .command("secret")
    .description("print the secret that signs this project's webhooks")
    .option("--rotate", "make a new one first; the old one signs too for 24 hours")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey webhooks secret
  $ npx latchkey webhooks secret --rotate
Give it to the receiver, which checks each message with it: docs/webhooks.md.`,
    )
    .action((options: SecretOptions) => showSecret(context, options));
}
