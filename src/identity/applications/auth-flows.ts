import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { Database } from "../../database/open.ts";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { recordAudit } from "../audit.ts";
import { check, isUuid } from "../identity-input.ts";
import type { Actor } from "../types.ts";
import {
  type AuthFlowPatch,
  type AuthMethod,
  authFlowPatchSchema,
  type NewAuthFlow,
  newAuthFlowSchema,
} from "./auth-flow-input.ts";

/** One way to connect an account of an application: what its owner is asked for. */
export interface AuthFlow {
  id: string;
  applicationId: string;
  name: string;
  description: string | null;
  /** Whether it is offered first. */
  isRecommended: boolean;
  methods: AuthMethod[];
  /** What `custom` asks for. */
  customFields: { name: string }[];
  createdAt: Date;
  updatedAt: Date;
}

/** What the applications of a project ask of those who connect an account. */
export interface AuthFlows {
  /** @throws Failure `invalid_argument` listing every fault; `not_found` for the application */
  create(project: string, applicationId: string, input: NewAuthFlow, actor: Actor): Promise<AuthFlow>;
  /** Oldest first. @throws Failure `not_found` for the application */
  list(project: string, applicationId: string): Promise<AuthFlow[]>;
  /** What is left out stays. @throws Failure `invalid_argument`, `not_found` */
  update(place: AuthFlowPlace, patch: AuthFlowPatch, actor: Actor): Promise<AuthFlow>;
  /** @throws Failure `not_found` */
  remove(place: AuthFlowPlace, actor: Actor): Promise<void>;
}

export interface AuthFlowPlace {
  project: string;
  applicationId: string;
  id: string;
}

/** Asks for what nearly every site asks for; the site's own questions, for a code say, are passed on as they come. */
export async function addStandardFlow(trx: Transaction<Tables>, applicationId: string): Promise<void> {
  await trx
    .insertInto("auth_flows")
    .values({
      application_id: applicationId,
      name: "Standard authentication",
      is_recommended: true,
      methods: JSON.stringify(["username_password"] satisfies AuthMethod[]),
    })
    .execute();
}

export function createAuthFlows({ db: { kysely } }: { db: Pick<Database, "kysely"> }): AuthFlows {
  return {
    async create(project, applicationId, input, actor) {
      const fields = check(newAuthFlowSchema, "auth flow", input);
      return await kysely.transaction().execute(async (trx) => {
        await assertApplication(trx, project, applicationId);
        const row = await trx
          .insertInto("auth_flows")
          .values({
            application_id: applicationId,
            name: fields.name,
            description: fields.description ?? null,
            is_recommended: fields.isRecommended ?? false,
            methods: JSON.stringify(fields.methods),
            custom_fields: JSON.stringify(fields.customFields ?? []),
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await recordAudit(trx, { project, actor, action: "auth_flow.created" });
        return toAuthFlow(row);
      });
    },

    async list(project, applicationId) {
      await assertApplication(kysely, project, applicationId);
      const rows = await kysely
        .selectFrom("auth_flows")
        .selectAll()
        .where("application_id", "=", applicationId)
        .orderBy("created_at")
        .orderBy("id")
        .execute();
      return rows.map(toAuthFlow);
    },

    async update(place, patch, actor) {
      const { name, description, isRecommended, methods, customFields } = check(
        authFlowPatchSchema,
        "change",
        patch,
      );
      return await kysely.transaction().execute(async (trx) => {
        await assertApplication(trx, place.project, place.applicationId);
        const row = await trx
          .updateTable("auth_flows")
          .set({
            ...(name === undefined ? {} : { name }),
            ...(description === undefined ? {} : { description }),
            ...(isRecommended === undefined ? {} : { is_recommended: isRecommended }),
            ...(methods === undefined ? {} : { methods: JSON.stringify(methods) }),
            ...(customFields === undefined ? {} : { custom_fields: JSON.stringify(customFields) }),
            updated_at: sql<Date>`now()`,
          })
          .where("application_id", "=", place.applicationId)
          .where("id", "=", isUuid(place.id) ? place.id : null)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) throw unknownFlow(place);
        await recordAudit(trx, { project: place.project, actor, action: "auth_flow.updated" });
        return toAuthFlow(row);
      });
    },

    async remove(place, actor) {
      await kysely.transaction().execute(async (trx) => {
        await assertApplication(trx, place.project, place.applicationId);
        const { numDeletedRows } = await trx
          .deleteFrom("auth_flows")
          .where("application_id", "=", place.applicationId)
          .where("id", "=", isUuid(place.id) ? place.id : null)
          .executeTakeFirst();
        if (numDeletedRows === 0n) throw unknownFlow(place);
        await recordAudit(trx, { project: place.project, actor, action: "auth_flow.removed" });
      });
    },
  };
}

async function assertApplication(kysely: Kysely<Tables>, project: string, id: string): Promise<void> {
  const found = await kysely
    .selectFrom("applications")
    .select("id")
    .where("project", "=", project)
    .where("id", "=", isUuid(id) ? id : null)
    .executeTakeFirst();
  if (found === undefined) throw new Failure("not_found", `Project "${project}" has no application "${id}".`);
}

const unknownFlow = ({ applicationId, id }: AuthFlowPlace) =>
  new Failure("not_found", `Application ${applicationId} has no auth flow "${id}".`);

function toAuthFlow(row: Selectable<Tables["auth_flows"]>): AuthFlow {
  return {
    id: row.id,
    applicationId: row.application_id,
    name: row.name,
    description: row.description,
    isRecommended: row.is_recommended,
    methods: row.methods,
    customFields: row.custom_fields,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
