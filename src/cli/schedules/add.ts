import type { Command } from "commander";
import type { ProviderName } from "../../config.ts";
import { addSchedule } from "../../job/schedule/change-schedule.ts";
import type { RunOptions } from "../../job/schedule/schedule-input.ts";
import type { CliContext } from "../context.ts";
import { type Json, parseCount, parseJson, parseMilliseconds, parseObject } from "../parse.ts";
import { providerOption } from "../provider-option.ts";
import { type TimesOptions, timesOf, withTimesOptions } from "./times.ts";
import { nextTimes } from "./view.ts";

interface AddOptions extends TimesOptions {
  flow: string;
  identity: string;
  input?: Json;
  attempts?: number;
  deadline?: number;
  codeTimeout?: number;
  provider?: ProviderName;
  trace?: boolean;
  webhook?: string;
  tags?: Record<string, string>;
  json?: boolean;
}

const mostAttempts = 100;

export function registerAdd(group: Command, context: CliContext): void {
  const command = group
    .command("add")
    .description("run a flow as an identity at set times")
    .argument("<name>", "unique in the project")
    .requiredOption("--flow <flow>", "as `latchkey flows` lists it")
    .requiredOption("--identity <id>", "id or name of the identity to run as")
    .option("--input <json>", "the flow's input", parseJson);
  withTimesOptions(command, { policies: true })
    .option("--attempts <n>", "attempts of each run", parseCount(mostAttempts))
    .option("--deadline <ms>", "longest each run may take, in milliseconds", parseMilliseconds)
    .option(
      "--code-timeout <ms>",
      "longest a login may wait for a code to be handed in; 0: not at all",
      parseMilliseconds,
    )
    .addOption(providerOption("where the sessions come from, whatever the identity says"))
    .option("--trace", "record a Playwright trace of each run")
    .option("--webhook <url>", "where to report what each run comes to")
    .option("--tags <json>", "an object of texts, kept with each run", parseObject)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey schedules add invoices --flow acme/invoice --identity me \\
      --cron "0 3 * * 1-5" --time-zone Europe/Berlin \\
      --input '{"month":"2026-11"}'
  $ npx latchkey schedules add balance --flow bank/balance --identity me \\
      --every 15m --jitter 2m --overlap cancel_old`,
    )
    .action(async (name: string, options: AddOptions) => {
      const { flow, identity, input, json, ...others } = options;
      const { attempts, deadline, codeTimeout, provider, trace, webhook, tags, ...times } = others;
      const { parts, project, style } = context;
      const { identities, schedules } = await parts.store();
      const runOptions: RunOptions = {
        ...(attempts === undefined ? {} : { attempts }),
        ...(deadline === undefined ? {} : { deadlineMs: deadline }),
        ...(codeTimeout === undefined ? {} : { codeTimeoutMs: codeTimeout }),
        ...(provider === undefined ? {} : { provider }),
        ...(trace === undefined ? {} : { trace }),
        ...(webhook === undefined ? {} : { webhookUrl: webhook }),
        ...(tags === undefined ? {} : { tags }),
      };
      const schedule = await addSchedule(
        {
          catalogue: await parts.catalogue(),
          identities,
          schedules,
          webhookAllow: context.config.webhookAllow,
        },
        project,
        {
          name,
          flow,
          identityId: identity,
          ...(input === undefined ? {} : { input }),
          ...runOptions,
          ...timesOf(times),
        },
      );
      if (json === true) return context.json(schedule);
      context.print(`${style.green("✓")} ${schedule.name} is scheduled${schedule.paused ? ", paused" : ""}`);
      for (const line of nextTimes(schedule)) context.print(`  ${line}`);
    });
}
