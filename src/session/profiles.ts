import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import { withConflicts } from "../identity/conflicts.ts";
import { check, nameSchema } from "../identity/identity-input.ts";
import type { Keyring } from "../identity/sealing/keyring.ts";
import { open, seal } from "../identity/sealing/seal.ts";
import type { SavedState } from "../identity/types.ts";

/** A browser's state by name, of no identity: what a person once signed in by hand, say. */
export interface Profile {
  name: string;
  description: string | null;
  /** `session`: it is saved from one. */
  source: string | null;
  sessionId: string | null;
  /** Whether there is a state in it yet. */
  isSaved: boolean;
  createdAt: Date;
}

export interface NewProfile {
  name: string;
  description?: string | undefined;
  source?: "session" | undefined;
  /** The session whose end writes it. */
  sessionId?: string | undefined;
}

export interface Profiles {
  /** Empty until a session writes it. @throws Failure `conflict` where the name is taken, `invalid_argument` */
  create(project: string, profile: NewProfile): Promise<Profile>;
  /** @throws Failure `not_found` */
  get(project: string, name: string): Promise<Profile>;
  /** In the order of names. */
  list(project: string): Promise<Profile[]>;
  /** @throws Failure `not_found` */
  remove(project: string, name: string): Promise<void>;
  /** Null for a profile that nothing was saved in yet. @throws Failure `not_found`, `key_unavailable` */
  load(project: string, name: string): Promise<SavedState | null>;
  /** Makes the profile where there is none of the name. */
  save(project: string, name: string, state: SavedState): Promise<void>;
  /** Those that are to be written when the session ends. */
  waitingFor(project: string, sessionId: string): Promise<string[]>;
}

const field = "saved_state";

export function createProfiles({ db, keyring }: { db: Kysely<Tables>; keyring: Keyring }): Profiles {
  /** Names the data key's owner: a profile has no identity. */
  const ownerOf = (project: string) => `project:${project}`;
  const newKey = (project: string) => {
    const { wrapped } = keyring.newDataKey(ownerOf(project));
    return { data_key: wrapped.dataKey, key_id: wrapped.keyId };
  };
  const find = async (project: string, name: string) => {
    const row = await db
      .selectFrom("profiles")
      .selectAll()
      .where("project", "=", project)
      .where("name", "=", name)
      .executeTakeFirst();
    if (row === undefined) throw new Failure("not_found", `There is no profile "${name}".`);
    return row;
  };

  return {
    async create(project, { name, description, source, sessionId }) {
      const checked = check(nameSchema, "profile's name", name);
      const row = await withConflicts({ unique: `There is a profile "${checked}" already.` }, () =>
        db
          .insertInto("profiles")
          .values({
            project,
            name: checked,
            description: description ?? null,
            source: source ?? null,
            session_id: sessionId ?? null,
            sealed: null,
            ...newKey(project),
          })
          .returningAll()
          .executeTakeFirstOrThrow(),
      );
      return toProfile(row);
    },

    async get(project, name) {
      return toProfile(await find(project, name));
    },

    async list(project) {
      const rows = await db
        .selectFrom("profiles")
        .selectAll()
        .where("project", "=", project)
        .orderBy("name")
        .execute();
      return rows.map(toProfile);
    },

    async remove(project, name) {
      await find(project, name);
      await db.deleteFrom("profiles").where("project", "=", project).where("name", "=", name).execute();
    },

    async load(project, name) {
      const row = await find(project, name);
      if (row.sealed === null) return null;
      const key = keyring.unwrap(ownerOf(project), { dataKey: row.data_key, keyId: row.key_id });
      return JSON.parse(open(key, { identityId: row.id, field }, row.sealed).toString("utf8")) as SavedState;
    },

    async save(project, name, state) {
      const row = await db
        .insertInto("profiles")
        .values({
          project,
          name,
          description: null,
          source: "session",
          session_id: null,
          sealed: null,
          ...newKey(project),
        })
        // Written too, so that the row that was there is given back.
        .onConflict((conflict) =>
          conflict.columns(["project", "name"]).doUpdateSet({ updated_at: sql<Date>`now()` }),
        )
        .returning(["id", "data_key", "key_id"])
        .executeTakeFirstOrThrow();
      const key = keyring.unwrap(ownerOf(project), { dataKey: row.data_key, keyId: row.key_id });
      const sealed = seal(key, { identityId: row.id, field }, Buffer.from(JSON.stringify(state)));
      await db.updateTable("profiles").set({ sealed }).where("id", "=", row.id).execute();
    },

    async waitingFor(project, sessionId) {
      const rows = await db
        .selectFrom("profiles")
        .select("name")
        .where("project", "=", project)
        .where("session_id", "=", sessionId)
        .where("sealed", "is", null)
        .execute();
      return rows.map(({ name }) => name);
    },
  };
}

function toProfile(row: {
  name: string;
  description: string | null;
  source: string | null;
  session_id: string | null;
  sealed: Buffer | null;
  created_at: Date;
}): Profile {
  return {
    name: row.name,
    description: row.description,
    source: row.source,
    sessionId: row.session_id,
    isSaved: row.sealed !== null,
    createdAt: row.created_at,
  };
}
