import { randomUUIDv7 } from "node:crypto";
import type { Insertable, Selectable } from "kysely";
import type { z } from "zod";
import type { Tables } from "../../database/tables.ts";
import type { Factor } from "../traits/ruleset.ts";
import type { JsonObject } from "../types.ts";
import { type applicationPatchSchema, hostOf, type newApplicationSchema } from "./application-input.ts";

/** A target site, for all identities that sign in to it. */
export interface Application {
  id: string;
  project: string;
  /** Unique within the project. */
  name: string;
  /** Null where it is a schema or pool that no site was named for. */
  url: string | null;
  /** Of the URL, or empty: what identities' sources are matched with. */
  host: string;
  description: string | null;
  /** Registrable domains, beyond the source's own, that its identities' credentials may be typed on. */
  allowedDomains: string[];
  /** Sessions one identity may hold at once; null leaves it to the site. */
  maxSessions: number | null;
  /** Where the connect page may send its visitors back to, compared exactly; empty allows any https address. */
  callbackUrls: string[];
  /** Who may show the connect page in a frame: origins. */
  frameOrigins: string[];
  /** A `data:` URL. */
  icon: string | null;
  /** A Kratos identity schema; null for that of the ruleset, or the built-in one: see `schemaDocumentOf`. */
  traitsSchema: JsonObject | null;
  /** The factors its identities may have; null for those of the schema: see `rulesetOf`. */
  ruleset: Factor[] | null;
  createdAt: Date;
  updatedAt: Date;
}

export function toApplication(row: Selectable<Tables["applications"]>): Application {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    url: row.url,
    host: row.host,
    description: row.description,
    allowedDomains: row.allowed_domains,
    maxSessions: row.max_sessions,
    callbackUrls: row.callback_urls,
    frameOrigins: row.frame_origins,
    icon: row.icon,
    traitsSchema: row.traits_schema,
    ruleset: row.ruleset,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The columns of the fields that are given. */
export function columnsOf(
  fields: z.output<typeof applicationPatchSchema>,
): Partial<Insertable<Tables["applications"]>> {
  const { name, url, description, allowedDomains, maxSessions, callbackUrls, frameOrigins, icon } = fields;
  const { traitsSchema, ruleset } = fields;
  return {
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url, host: url === null ? "" : hostOf(url) }),
    ...(description === undefined ? {} : { description }),
    ...(allowedDomains === undefined ? {} : { allowed_domains: JSON.stringify(allowedDomains) }),
    ...(maxSessions === undefined ? {} : { max_sessions: maxSessions }),
    ...(callbackUrls === undefined ? {} : { callback_urls: JSON.stringify(callbackUrls) }),
    ...(frameOrigins === undefined ? {} : { frame_origins: JSON.stringify(frameOrigins) }),
    ...(icon === undefined ? {} : { icon }),
    ...(traitsSchema === undefined ? {} : { traits_schema: jsonOf(traitsSchema) }),
    ...(ruleset === undefined ? {} : { ruleset: jsonOf(ruleset) }),
  };
}

/** The columns that a new application cannot be without. */
export function requiredColumns(
  project: string,
  { name, url, allowedDomains = [], maxSessions = null }: z.output<typeof newApplicationSchema>,
) {
  return {
    id: randomUUIDv7(),
    project,
    name,
    url,
    host: url === null ? "" : hostOf(url),
    allowed_domains: JSON.stringify(allowedDomains),
    max_sessions: maxSessions,
  };
}

const jsonOf = (value: object | null) => (value === null ? null : JSON.stringify(value));
