import { type Kysely, type Selectable, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { Failure, type FailureCode } from "../failure.ts";
import { isUuid } from "../identity/identity-input.ts";
import type { SessionEnd, SessionFilter, SessionIdentity, SessionRecord } from "./types.ts";

/** Names the lease that a session's server holds while it lives. */
export const serverLease = (sessionId: string): string => `server:${sessionId}`;

/** The records of sessions. */
export interface SessionStore {
  add(record: SessionRecord & { actor: string }): Promise<void>;
  change(id: string, change: SessionChange): Promise<void>;
  /** @throws Failure `not_found` */
  get(project: string, id: string): Promise<SessionRecord>;
  list(project: string, filter: SessionFilter): Promise<{ total: number; sessions: SessionRecord[] }>;
  /** Ends the records of sessions whose server died. */
  endLost(): Promise<void>;
}

export type SessionChange = Partial<
  Pick<SessionRecord, "status" | "identities" | "startedAt" | "endedAt" | "endedBy" | "code" | "expiresAt">
>;

export function createSessionStore(db: Kysely<Tables>): SessionStore {
  return {
    async add({ actor, ...record }) {
      await db
        .insertInto("sessions")
        .values({
          id: record.id,
          project: record.project,
          identities: JSON.stringify(record.identities),
          tags: JSON.stringify(record.tags),
          configuration: JSON.stringify(record.configuration),
          recording: record.recording,
          actor,
          created_at: record.createdAt,
          status: record.status,
          expires_at: record.expiresAt,
        })
        .execute();
    },

    async change(id, change) {
      const { status, identities, startedAt, endedAt, endedBy, code, expiresAt } = change;
      await db
        .updateTable("sessions")
        .set({
          ...(status === undefined ? {} : { status }),
          ...(identities === undefined ? {} : { identities: JSON.stringify(identities) }),
          ...(startedAt === undefined ? {} : { started_at: startedAt }),
          ...(endedAt === undefined ? {} : { ended_at: endedAt }),
          ...(endedBy === undefined ? {} : { ended_by: endedBy }),
          ...(code === undefined ? {} : { code }),
          ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
        })
        .where("id", "=", id)
        .execute();
    },

    async get(project, id) {
      const row = isUuid(id)
        ? await db
            .selectFrom("sessions")
            .selectAll()
            .where("id", "=", id)
            .where("project", "=", project)
            .executeTakeFirst()
        : undefined;
      if (row === undefined) throw new Failure("not_found", `There is no session ${id}.`);
      return toRecord(row);
    },

    async list(project, filter) {
      const { statuses, tags, identityId, hasIdentity, createdFrom, createdTo } = filter;
      let query = db.selectFrom("sessions").where("project", "=", project);
      if (statuses !== undefined) query = query.where("status", "in", [...statuses]);
      if (tags !== undefined && tags.length > 0)
        query = query.where(sql<boolean>`tags @> ${JSON.stringify(tags)}::jsonb`);
      if (identityId !== undefined)
        query = query.where(sql<boolean>`identities @> ${JSON.stringify([{ id: identityId }])}::jsonb`);
      if (hasIdentity === true) query = query.where(sql<boolean>`identities <> '[]'::jsonb`);
      if (createdFrom !== undefined) query = query.where("created_at", ">=", createdFrom);
      if (createdTo !== undefined) query = query.where("created_at", "<=", createdTo);
      const direction = filter.newestFirst === true ? "desc" : "asc";
      const [rows, { total }] = await Promise.all([
        query
          .selectAll()
          .orderBy("created_at", direction)
          .orderBy("id", direction)
          .offset(filter.offset ?? 0)
          .limit(filter.limit ?? 100)
          .execute(),
        query.select((eb) => eb.fn.countAll<string>().as("total")).executeTakeFirstOrThrow(),
      ]);
      return { total: Number(total), sessions: rows.map(toRecord) };
    },

    async endLost() {
      const by: SessionEnd = "server lost";
      // A session that was just asked for has not had the time to take its lease.
      await sql`
        update sessions set status = 'ended', ended_by = ${by}, ended_at = now()
        where ended_at is null and created_at < now() - interval '1 minute'
          and not exists (
            select from leases where leases.name = 'server:' || sessions.id and leases.expires_at > now()
          )
      `.execute(db);
    },
  };
}

function toRecord(row: Selectable<Tables["sessions"]>): SessionRecord {
  return {
    id: row.id,
    project: row.project,
    status: row.status,
    identities: row.identities as SessionIdentity[],
    tags: row.tags,
    configuration: row.configuration,
    recording: row.recording,
    createdAt: row.created_at,
    startedAt: row.started_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    endedBy: row.ended_by as SessionEnd | null,
    code: row.code as FailureCode | null,
  };
}
