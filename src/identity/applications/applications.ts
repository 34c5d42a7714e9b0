import { sql, type Transaction } from "kysely";
import type { Database } from "../../database/open.ts";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { recordAudit } from "../audit.ts";
import { withConflicts } from "../conflicts.ts";
import { check, isUuid } from "../identity-input.ts";
import { removeOne } from "../records/remove-identity.ts";
import type { Actor } from "../types.ts";
import {
  type ApplicationPatch,
  applicationPatchSchema,
  type NewApplication,
  newApplicationSchema,
} from "./application-input.ts";
import { type ApplicationOverview, overviewOf } from "./application-overview.ts";
import { type Application, columnsOf, requiredColumns, toApplication } from "./application-rows.ts";
import { addStandardFlow } from "./auth-flows.ts";
import { assertConsistent } from "./schema-of.ts";

export type { NewApplication } from "./application-input.ts";
export type { Application } from "./application-rows.ts";

export interface Applications {
  /** With one auth flow, the standard one. @throws Failure `invalid_argument` listing every fault; `conflict` */
  create(project: string, input: NewApplication, actor: Actor): Promise<Application>;
  /** By id or name. @throws Failure `not_found` */
  get(project: string, idOrName: string): Promise<Application>;
  /** The oldest whose URL has this host, or whose name this is. */
  find(project: string, by: { host: string } | { name: string }): Promise<Application | undefined>;
  /** All, in the order of names. */
  list(project: string): Promise<Application[]>;
  /** All, or those with `search` in their name or URL whatever its case, or one, each with what belongs to it. */
  overview(project: string, filter?: { search?: string; id?: string }): Promise<ApplicationOverview[]>;
  /**
   * A new URL starts the identities over that have no source of their own: they are `pending`, without a saved state.
   * @throws Failure `invalid_argument`, `not_found`, `conflict`
   */
  update(project: string, id: string, patch: ApplicationPatch, actor: Actor): Promise<Application>;
  /** With `cascade`, its identities too. @throws Failure `conflict` while identities belong to it; `not_found` */
  remove(project: string, id: string, actor: Actor, options?: { cascade?: boolean }): Promise<void>;
}

export function createApplications({ db: { kysely } }: { db: Database }): Applications {
  const notFound = (project: string, id: string) =>
    new Failure("not_found", `Project "${project}" has no application "${id}".`);
  const taken = (name: string | undefined) => `An application named "${name}" exists already.`;

  return {
    async create(project, input, actor) {
      const fields = check(newApplicationSchema, "application", input);
      assertConsistent({ traitsSchema: fields.traitsSchema ?? null, ruleset: fields.ruleset ?? null });
      return await withConflicts(
        { unique: taken(fields.name), reference: `There is no project "${project}".` },
        () =>
          kysely.transaction().execute(async (trx) => {
            const row = await trx
              .insertInto("applications")
              .values({ ...columnsOf(fields), ...requiredColumns(project, fields) })
              .returningAll()
              .executeTakeFirstOrThrow();
            await addStandardFlow(trx, row.id);
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

    async find(project, by) {
      const row = await kysely
        .selectFrom("applications")
        .selectAll()
        .where("project", "=", project)
        .where((eb) => ("host" in by ? eb("host", "=", by.host) : eb("name", "=", by.name)))
        .orderBy("created_at")
        .orderBy("id")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : toApplication(row);
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

    overview: (project, filter = {}) => overviewOf(kysely, project, filter),

    async update(project, id, patch, actor) {
      const fields = check(applicationPatchSchema, "change", patch);
      return await withConflicts({ unique: taken(fields.name) }, () =>
        kysely.transaction().execute(async (trx) => {
          const before = await trx
            .selectFrom("applications")
            .select("url")
            .where("project", "=", project)
            .where("id", "=", isUuid(id) ? id : null)
            .forNoKeyUpdate()
            .executeTakeFirst();
          if (before === undefined) throw notFound(project, id);
          const row = await trx
            .updateTable("applications")
            .set({ ...columnsOf(fields), updated_at: sql<Date>`now()` })
            .where("id", "=", id)
            .returningAll()
            .executeTakeFirstOrThrow();
          const application = toApplication(row);
          assertConsistent(application);
          if (row.url !== before.url) await startOver(trx, id);
          await recordAudit(trx, { project, actor, action: "application.updated" });
          return application;
        }),
      );
    },

    async remove(project, id, actor, { cascade = false } = {}) {
      await withConflicts(
        { referenced: `Application ${id} still has identities: remove them, or move them to another.` },
        () =>
          kysely.transaction().execute(async (trx) => {
            const found = await trx
              .selectFrom("applications")
              .select("id")
              .where("project", "=", project)
              .where("id", "=", isUuid(id) ? id : null)
              .forUpdate()
              .executeTakeFirst();
            if (found === undefined) throw notFound(project, id);
            if (cascade) {
              const identities = await trx
                .selectFrom("identities")
                .select("id")
                .where("application_id", "=", id)
                .where("visit_id", "is", null)
                .execute();
              for (const { id: identityId } of identities)
                await removeOne(trx, { project, id: identityId, actor });
            }
            // Nobody sees those that are half-made: they hold nothing up.
            await trx
              .deleteFrom("identities")
              .where("application_id", "=", id)
              .where("visit_id", "is not", null)
              .execute();
            await trx.deleteFrom("applications").where("id", "=", id).execute();
            await recordAudit(trx, { project, actor, action: "application.removed" });
          }),
      );
    },
  };
}

/** The identities that sign in where the application is: at another site, nothing that was proved stands. */
async function startOver(trx: Transaction<Tables>, applicationId: string): Promise<void> {
  await sql`
    with moved as (
      update identities set
        status = 'pending', status_reason = null, status_at = now(), last_login = null,
        credentials_version = credentials_version + 1, updated_at = now()
      where application_id = ${applicationId} and source_url is null
      returning id
    )
    delete from saved_states using moved where identity_id = moved.id
  `.execute(trx);
}
