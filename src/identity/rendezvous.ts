import { sql } from "kysely";
import type { Database } from "../database/open.ts";
import type { Keyring } from "./sealing/keyring.ts";
import { open, seal } from "./sealing/seal.ts";

/** Where two processes of a project's meet by a name: one says something, one waits for it. */
export interface Rendezvous {
  /** Says something, JSON, to whoever waits by that name, or comes within ten minutes. One waiter gets it. */
  signal(place: Place, data: unknown): Promise<void>;
  /** The oldest thing said by that name that nobody got yet; undefined when `signal` is aborted first. */
  wait(place: Place, signal: AbortSignal): Promise<{ data: unknown } | undefined>;
}

interface Place {
  project: string;
  name: string;
}

/** The channel on which those who wait hear that something was said; its payload is the project. */
const channel = "latchkey_signals";
/** How long a notification may stay away before somebody looks all the same, in milliseconds. */
const pollMs = 2_000;
const life = sql`interval '10 minutes'`;
const field = "signal";

/** Through Postgres, so that it does not matter which server each of the two asks. What is said is sealed meanwhile. */
export function createRendezvous({
  db,
  keyring,
}: {
  db: Pick<Database, "kysely" | "listen">;
  keyring: Keyring;
}): Rendezvous {
  const { kysely } = db;

  async function take({ project, name }: Place): Promise<{ data: unknown } | undefined> {
    const { rows } = await sql<{ sealed: Buffer; data_key: Buffer; key_id: string }>`
      delete from signals where id = (
        select id from signals
        where project = ${project} and name = ${name} and created_at > now() - ${life}
        order by id limit 1 for update skip locked
      ) returning sealed, data_key, key_id
    `.execute(kysely);
    const [row] = rows;
    if (row === undefined) return undefined;
    const identityId = ownerOf(project);
    const key = keyring.unwrap(identityId, { dataKey: row.data_key, keyId: row.key_id });
    return { data: JSON.parse(open(key, { identityId, field }, row.sealed).toString("utf8")) };
  }

  return {
    async signal({ project, name }, data) {
      const identityId = ownerOf(project);
      const { key, wrapped } = keyring.newDataKey(identityId);
      const sealed = seal(key, { identityId, field }, Buffer.from(JSON.stringify(data)));
      await sql`
        with old as (delete from signals where created_at < now() - ${life}),
        said as (
          insert into signals (project, name, sealed, data_key, key_id)
          values (${project}, ${name}, ${sealed}, ${wrapped.dataKey}, ${wrapped.keyId})
        )
        select pg_notify(${channel}, ${project})
      `.execute(kysely);
    },

    async wait(place, signal) {
      let wake = Promise.withResolvers<void>();
      const stop = () => wake.resolve();
      signal.addEventListener("abort", stop, { once: true });
      try {
        // Listening begins before the first look, so that nothing falls between.
        await using _listening = await db.listen(channel, (project) => {
          if (project === place.project) wake.resolve();
        });
        for (let isFirst = true; ; isFirst = false) {
          // Who waits for no time at all is given what is there.
          if (signal.aborted && !isFirst) return undefined;
          const { promise: woken } = wake;
          const found = await take(place);
          if (found !== undefined) return found;
          const timer = setTimeout(stop, pollMs);
          await woken;
          clearTimeout(timer);
          wake = Promise.withResolvers();
        }
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
  };
}

const ownerOf = (project: string) => `project:${project}`;
