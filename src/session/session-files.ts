import type { Kysely, Selectable } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { SessionFile } from "./types.ts";

/** The records of the files that sessions left; the files are artifacts of the session's id. */
export interface SessionFiles {
  add(sessionId: string, file: Omit<SessionFile, "id" | "createdAt">): Promise<void>;
  /** Oldest first. */
  list(sessionId: string): Promise<SessionFile[]>;
}

export function createSessionFiles(db: Kysely<Tables>): SessionFiles {
  return {
    async add(sessionId, { kind, name, suggestedName, url, bytes, durationMs }) {
      await db
        .insertInto("session_files")
        .values({
          session_id: sessionId,
          kind,
          name,
          suggested_name: suggestedName,
          url,
          bytes,
          duration_ms: durationMs,
        })
        .execute();
    },
    async list(sessionId) {
      const rows = await db
        .selectFrom("session_files")
        .selectAll()
        .where("session_id", "=", sessionId)
        .orderBy("created_at")
        .orderBy("id")
        .execute();
      return rows.map(toFile);
    },
  };
}

function toFile(row: Selectable<Tables["session_files"]>): SessionFile {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    suggestedName: row.suggested_name,
    url: row.url,
    bytes: Number(row.bytes),
    durationMs: row.duration_ms,
    createdAt: row.created_at,
  };
}
