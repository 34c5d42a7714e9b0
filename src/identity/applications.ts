import { type Selectable, sql } from "kysely";
import { z } from "zod";
import type { Database } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import { recordAudit } from "./audit.ts";
import { withConflicts } from "./conflicts.ts";
import {
  allowedDomainsSchema,
  check,
  isUuid,
  maxSessionsSchema,
  nameSchema,
  urlSchema,
} from "./identity-input.ts";
import type { Actor } from "./types.ts";

/** A target site, for all identities that sign in to it. */
export interface Application {
  id: string;
  project: string;
  /** Unique within the project. */
  name: string;
  url: string;
  /** Registrable domains, beyond the source's own, that its identities' credentials may be typed on. */
  allowedDomains: string[];
  /** Sessions one identity may hold at once; null leaves it to the site. */
  maxSessions: number | null;
  createdAt: Date;
  updatedAt: Date;
}

const newApplicationSchema = z.strictObject({
  name: nameSchema,
  url: urlSchema,
  allowedDomains: allowedDomainsSchema.optional(),
  maxSessions: maxSessionsSchema.optional(),
});
const applicationPatchSchema = newApplicationSchema.partial();

export type NewApplication = z.input<typeof newApplicationSchema>;
export type ApplicationPatch = z.input<typeof applicationPatchSchema>;

export interface Applications {
  /** @throws Failure `invalid_argument` listing every fault; `conflict` */
  create(project: string, input: NewApplication, actor: Actor): Promise<Application>;
  /** By id or name. @throws Failure `not_found` */
  get(project: string, idOrName: string): Promise<Application>;
  /** All, in the order of names. */
  list(project: string): Promise<Application[]>;
  /** @throws Failure `invalid_argument`, `not_found`, `conflict` */
  update(project: string, id: string, patch: ApplicationPatch, actor: Actor): Promise<Application>;
  /** @throws Failure `conflict` while identities belong to it; `not_found` */
  remove(project: string, id: string, actor: Actor): Promise<void>;
}

export function createApplications({ db: { kysely } }: { db: Database }): Applications {
  const notFound = (project: string, id: string) =>
    new Failure("not_found", `Project "${project}" has no application "${id}".`);
  const taken = (name: string | undefined) => `An application named "${name}" exists already.`;

  return {
    async create(project, input, actor) {
      const fields = check(newApplicationSchema, "application", input);
      return await withConflicts(
        { unique: taken(fields.name), reference: `There is no project "${project}".` },
        () =>
          kysely.transaction().execute(async (trx) => {
            const row = await trx
              .insertInto("applications")
              .values({
                project,
                name: fields.name,
                url: fields.url,
                allowed_domains: JSON.stringify(fields.allowedDomains ?? []),
                max_sessions: fields.maxSessions ?? null,
              })
              .returningAll()
              .executeTakeFirstOrThrow();
            await recordAudit(trx, { project, actor, action: "application.created" });
            return toApplication(row);
          }),
      );
    },

    async get(project, idOrName) {
      const row = await kysely
        .selectFrom("applications")
        .selectAll()
        .where("project", "=", project)
        .where(isUuid(idOrName) ? "id" : "name", "=", idOrName)
        .executeTakeFirst();
      if (row === undefined) throw notFound(project, idOrName);
      return toApplication(row);
    },

    async list(project) {
      const rows = await kysely
        .selectFrom("applications")
        .selectAll()
        .where("project", "=", project)
        .orderBy("name")
        .execute();
      return rows.map(toApplication);
    },

    async update(project, id, patch, actor) {
      const fields = check(applicationPatchSchema, "change", patch);
      return await withConflicts({ unique: taken(fields.name) }, () =>
        kysely.transaction().execute(async (trx) => {
          const row = await trx
            .updateTable("applications")
            .set({
              ...(fields.name === undefined ? {} : { name: fields.name }),
              ...(fields.url === undefined ? {} : { url: fields.url }),
              ...(fields.allowedDomains === undefined
                ? {}
                : { allowed_domains: JSON.stringify(fields.allowedDomains) }),
              ...(fields.maxSessions === undefined ? {} : { max_sessions: fields.maxSessions }),
              updated_at: sql<Date>`now()`,
            })
            .where("project", "=", project)
            .where("id", "=", isUuid(id) ? id : null)
            .returningAll()
            .executeTakeFirst();
          if (row === undefined) throw notFound(project, id);
          await recordAudit(trx, { project, actor, action: "application.updated" });
          return toApplication(row);
        }),
      );
    },

    async remove(project, id, actor) {
      await withConflicts(
        { referenced: `Application ${id} still has identities: remove them, or move them to another.` },
        () =>
          kysely.transaction().execute(async (trx) => {
            const { numDeletedRows } = await trx
              .deleteFrom("applications")
              .where("project", "=", project)
              .where("id", "=", isUuid(id) ? id : null)
              .executeTakeFirst();
            if (numDeletedRows === 0n) throw notFound(project, id);
            await recordAudit(trx, { project, actor, action: "application.removed" });
          }),
      );
    },
  };
}

type ApplicationRow = Selectable<Tables["applications"]>;

function toApplication(row: ApplicationRow): Application {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    url: row.url,
    allowedDomains: row.allowed_domains,
    maxSessions: row.max_sessions,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
