import type { Command } from "commander";
import { endElsewhere } from "../session/end-anywhere.ts";
import { createSessionStore } from "../session/session-store.ts";
import type { SessionRecord } from "../session/types.ts";
import type { CliContext } from "./context.ts";
import { findId } from "./find-id.ts";
import { ago, duration } from "./format.ts";
import { parseCount } from "./parse.ts";
import { table } from "./table.ts";

interface Json {
  json?: boolean;
}

export function registerSessions(program: Command, context: CliContext): void {
  const group = program
    .command("sessions")
    .description("browsers that the service has handed out: list, end")
    .addHelpText("after", "\nExample:\n  $ npx latchkey sessions list");
  const openStore = async () => {
    const { database } = await context.parts.store();
    const store = createSessionStore(database.kysely);
    await store.endLost();
    return { database, store };
  };
  group
    .command("list")
    .description("list sessions, newest first")
    .option("--all", "those that are over, too")
    .option("--limit <n>", "how many", parseCount(1_000), 20)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey sessions list --all --limit 5")
    .action(async ({ all = false, limit, json }: Json & { all?: boolean; limit: number }) => {
      const { store } = await openStore();
      const { sessions } = await store.list(context.project, {
        newestFirst: true,
        limit,
        ...(all ? {} : { statuses: ["starting", "authenticating", "running", "ending"] }),
      });
      if (json === true) return context.json(sessions);
      if (sessions.length === 0)
        return context.print(
          `There are no ${all ? "" : "open "}sessions. docs/sessions.md tells how to make one.`,
        );
      const columns = [
        { head: "SESSION" },
        { head: "STATUS" },
        { head: "IDENTITIES", least: 10 },
        { head: "LASTED" },
        { head: "CREATED" },
      ];
      context.print(
        table(
          context,
          columns,
          sessions.map((session) => row(context, session)),
        ),
      );
    });
  group
    .command("end")
    .description("end a session, on whichever server it is")
    .argument("<id>", "its id or the beginning of it")
    .option("--no-save", "leave the identities' saved states as they are")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey sessions end 5b1c09fe")
    .action(async (given: string, { save, json }: Json & { save: boolean }) => {
      const id = await findId(context, "sessions", given);
      const { project, style } = context;
      const options = save ? {} : { saveState: false };
      const record = await endElsewhere(await openStore(), { project, id, ...options });
      if (json === true) return context.json(record);
      context.print(`${style.green("✓")} ended by ${record.endedBy ?? "itself"}  ${style.dim(id)}`);
    });
}

function row({ stdout: { isTTY } }: CliContext, session: SessionRecord): string[] {
  const { id, status, identities, createdAt, startedAt, endedAt, endedBy, code } = session;
  const end = endedAt === null ? undefined : (code ?? endedBy);
  const lasted = startedAt === null ? "" : duration((endedAt ?? new Date()).getTime() - startedAt.getTime());
  return [
    isTTY ? id.slice(0, 8) : id,
    end === undefined || end === null ? status : `${status}: ${end}`,
    identities.map((identity) => (isTTY ? identity.id.slice(0, 8) : identity.id)).join(" "),
    lasted,
    isTTY ? ago(createdAt) : createdAt.toISOString(),
  ];
}
