import { Failure } from "../failure.ts";
import type { CliContext } from "./context.ts";

const idLength = 32;

/** What a person names by its id, and what it is called. */
const things = {
  runs: { one: "run", many: "runs" },
  webhook_deliveries: { one: "webhook delivery", many: "deliveries" },
  batches: { one: "batch", many: "batches" },
  sessions: { one: "session", many: "sessions" },
} as const;

/**
 * The whole id of something of the project, from its id or the beginning of it, as a terminal shows it.
 * @throws Failure `not_found`; `invalid_argument` when several begin so
 */
export async function findId(
  { parts, project }: CliContext,
  kind: keyof typeof things,
  given: string,
): Promise<string> {
  const { one, many } = things[kind];
  const digits = given.toLowerCase().replaceAll("-", "");
  const notFound = new Failure("not_found", `There is no ${one} ${given}.`);
  if (!/^[0-9a-f]{4,32}$/.test(digits)) throw notFound;
  const { database } = await parts.store();
  const rows = await database.kysely
    .selectFrom(kind)
    .select("id")
    .where("project", "=", project)
    // In UUIDs' own order, so that the primary key's index is what is looked up.
    .where("id", ">=", digits.padEnd(idLength, "0"))
    .where("id", "<=", digits.padEnd(idLength, "f"))
    .limit(2)
    .execute();
  const [found, another] = rows;
  if (found === undefined) throw notFound;
  if (another !== undefined)
    throw new Failure("invalid_argument", `Several ${many} begin with ${given}: give more of the id.`);
  return found.id;
}
