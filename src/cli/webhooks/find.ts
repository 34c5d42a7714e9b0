import { Failure } from "../../failure.ts";
import type { CliContext } from "../context.ts";

const idLength = 32;

/**
 * A delivery's whole id, from its id or the beginning of it, as a terminal shows it.
 * @throws Failure `not_found`; `invalid_argument` when several begin so
 */
export async function findDeliveryId({ parts, project }: CliContext, given: string): Promise<string> {
  const digits = given.toLowerCase().replaceAll("-", "");
  const notFound = new Failure("not_found", `There is no webhook delivery ${given}.`);
  if (!/^[0-9a-f]{4,32}$/.test(digits)) throw notFound;
  const { database } = await parts.store();
  const rows = await database.kysely
    .selectFrom("webhook_deliveries")
    .select("id")
    .where("project", "=", project)
    .where("id", ">=", digits.padEnd(idLength, "0"))
    .where("id", "<=", digits.padEnd(idLength, "f"))
    .limit(2)
    .execute();
  const [found, another] = rows;
  if (found === undefined) throw notFound;
  if (another !== undefined)
    throw new Failure("invalid_argument", `Several deliveries begin with ${given}: give more of the id.`);
  return found.id;
}
