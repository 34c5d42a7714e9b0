import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { isUuid } from "../identity-input.ts";
import type { Identity, IdentityStatus } from "../types.ts";
import { selectIdentities, toIdentity } from "./identity-rows.ts";

export interface IdentityFilter {
  applicationId?: string;
  /** Those whose metadata contains all of this (jsonb `@>`). */
  metadata?: Record<string, unknown>;
  status?: IdentityStatus;
  /** 100 unless given, at most 1,000. */
  limit?: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
}

export interface IdentityPage {
  items: Identity[];
  /** Where the next page begins, or null on the last. */
  nextCursor: string | null;
}

/** A page of a project's identities in the order of their names. @throws Failure `invalid_argument` */
export async function listIdentities(
  kysely: Kysely<Tables>,
  project: string,
  filter: IdentityFilter,
): Promise<IdentityPage> {
  const limit = Math.min(Math.max(1, Math.trunc(filter.limit ?? 100)), 1_000);
  let query = selectIdentities(kysely).where("i.project", "=", project);
  if (filter.applicationId !== undefined) {
    if (!isUuid(filter.applicationId)) throw new Failure("invalid_argument", "applicationId: is not an id.");
    query = query.where("i.application_id", "=", filter.applicationId);
  }
  if (filter.status !== undefined) query = query.where("i.status", "=", filter.status);
  if (filter.metadata !== undefined) {
    query = query.where(sql<boolean>`i.metadata @> ${JSON.stringify(filter.metadata)}::jsonb`);
  }
  if (filter.cursor !== undefined) query = query.where("i.name", ">", nameFrom(filter.cursor));
  const rows = await query
    .orderBy("i.name")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(toIdentity),
    nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last.name) : null,
  };
}

function cursorAfter(name: string): string {
  return Buffer.from(JSON.stringify([name])).toString("base64url");
}

function nameFrom(cursor: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(parsed) && typeof parsed[0] === "string") return parsed[0];
  } catch {
    // Falls through to the failure, which is the same for anything that is not a cursor.
  }
  throw new Failure("invalid_argument", "cursor: is not one that a page before this gave.");
}
