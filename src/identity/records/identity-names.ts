import { sql, type Transaction } from "kysely";
import type { z } from "zod";
import type { Tables } from "../../database/tables.ts";
import { registrableDomain } from "../domains.ts";
import { nameSchema, type newIdentitySchema } from "../identity-input.ts";

/** Leaves room for what is put after it. */
const longestSite = 80;

export const taken = (name: string | undefined) => `An identity named "${name}" exists already.`;

/** What to call it, the best first; the last is free for certain, unless somebody asked for that very name. */
export function namesFor(
  id: string,
  {
    name,
    displayName,
    sourceUrl,
  }: Pick<z.output<typeof newIdentitySchema>, "name" | "displayName" | "sourceUrl">,
  application: { name: string } | undefined,
): string[] {
  if (name !== undefined) return [name];
  const shown = nameSchema.safeParse(displayName);
  const own = shown.success ? [shown.data] : [];
  const site = sourceUrl == null ? undefined : registrableDomain(new URL(sourceUrl).hostname);
  // The id begins with the time: its end tells it from others of the same moment.
  return [...own, `${(site ?? application?.name ?? "identity").slice(0, longestSite)} ${id.slice(-8)}`];
}

/** The first that no identity of the project has; nobody else takes one until the transaction ends. */
export async function firstFree(
  trx: Transaction<Tables>,
  project: string,
  names: readonly string[],
): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  // Two that ask at once would both find it free.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`identity name ${project}`}, 0))`.execute(trx);
  const rows = await trx
    .selectFrom("identities")
    .select("name")
    .where("project", "=", project)
    .where("name", "in", names)
    .execute();
  return names.find((name) => rows.every((row) => row.name !== name));
}
