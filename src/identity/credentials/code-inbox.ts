import { type Kysely, sql } from "kysely";
import type { Database } from "../../database/open.ts";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { Secret } from "../../secret.ts";
import type { AuditAction } from "../audit.ts";
import type { Keyring } from "../sealing/keyring.ts";
import { open, seal } from "../sealing/seal.ts";
import type { Actor } from "../types.ts";

/** Where one-time codes are handed in for an identity whose login waits for one. They are sealed, and taken once. */
export interface CodeInbox {
  /**
   * Hands a code in, for one run or for whichever run of the identity asks next. Leaves an audit entry.
   * @throws Failure `invalid_argument`, `unknown_identity`
   */
  push(handedIn: { identityId: string; runId?: string; code: Secret; actor: Actor }): Promise<void>;
  /**
   * Waits for the newest code handed in for the run, or for its identity during the last `maxAgeMs` milliseconds, and
   * takes it: nobody gets it twice, and older ones are good for nothing any more.
   * @throws the signal's reason
   */
  take(
    wanted: { identityId: string; runId: string; maxAgeMs: () => number },
    signal: AbortSignal,
  ): Promise<Secret>;
}

/** The channel on which waiting runs hear of codes; its payload is the identity's id. */
const codeChannel = "latchkey_code";
/** How long a notification may stay away before the inbox is looked into all the same, in milliseconds. */
const pollMs = 2_000;
/** No site takes a code for longer; what is left of it is thrown away. */
const longestLife = sql`interval '15 minutes'`;
const longestCode = 2_000;
const field = "handed_in_code";

export function createCodeInbox({ db, keyring }: { db: Database; keyring: Keyring }): CodeInbox {
  const { kysely } = db;
  return {
    async push({ identityId, runId, code, actor }) {
      const fault = faultOf(code.reveal());
      if (fault !== null) throw new Failure("invalid_argument", `The code ${fault}.`);
      const identity = await kysely
        .selectFrom("identities")
        .select(["data_key", "key_id"])
        .where("id", "=", identityId)
        .executeTakeFirst();
      if (identity === undefined)
        throw new Failure("unknown_identity", `There is no identity ${identityId}.`);
      const key = keyring.unwrap(identityId, { dataKey: identity.data_key, keyId: identity.key_id });
      const sealed = seal(key, { identityId, field }, Buffer.from(code.reveal()));
      const action: AuditAction = "code.handed_in";
      await sql`
        with old as (delete from handed_in_codes where created_at < now() - ${longestLife}),
        stored as (
          insert into handed_in_codes (identity_id, run_id, sealed)
          values (${identityId}::uuid, ${runId ?? null}::uuid, ${sealed})
        ),
        entry as (
          insert into audit (project, actor, action, identity_id, run_id)
          select project, ${actor.name}, ${action}, id, ${runId ?? null}::uuid
          from identities where id = ${identityId}
        )
        select pg_notify(${codeChannel}, ${identityId})
      `.execute(kysely);
    },

    async take({ identityId, runId, maxAgeMs }, signal) {
      let wake = Promise.withResolvers<void>();
      const stop = () => wake.resolve();
      signal.addEventListener("abort", stop, { once: true });
      try {
        // Listening begins before the first look, so that nothing falls between.
        await using _listening = await db.listen(codeChannel, (payload) => {
          if (payload === identityId) wake.resolve();
        });
        for (;;) {
          signal.throwIfAborted();
          const { promise: woken } = wake;
          const code = await takeNewest({ kysely, keyring, identityId, runId, maxAgeMs: maxAgeMs() });
          if (code !== undefined) return code;
          const timer = setTimeout(() => wake.resolve(), pollMs);
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

async function takeNewest({
  kysely,
  keyring,
  identityId,
  runId,
  maxAgeMs,
}: {
  kysely: Kysely<Tables>;
  keyring: Keyring;
  identityId: string;
  runId: string;
  maxAgeMs: number;
}): Promise<Secret | undefined> {
  // Aged by the database's clock on both sides: machines' clocks differ.
  const { rows } = await sql<{ sealed: Buffer; data_key: Buffer; key_id: string }>`
    with taken as (
      delete from handed_in_codes
      where identity_id = ${identityId} and created_at > now() - ${longestLife}
        and (
          run_id = ${runId}::uuid
          or run_id is null and created_at > now() - ${Math.ceil(maxAgeMs)} * interval '1 millisecond'
        )
      returning id, sealed
    )
    select taken.sealed, i.data_key, i.key_id
    from taken, identities i
    where i.id = ${identityId}
    order by taken.id desc limit 1
  `.execute(kysely);
  const row = rows[0];
  if (row === undefined) return undefined;
  const key = keyring.unwrap(identityId, { dataKey: row.data_key, keyId: row.key_id });
  return new Secret(open(key, { identityId, field }, row.sealed).toString("utf8"));
}

function faultOf(code: string): string | null {
  if (code.trim() === "") return "is empty";
  if (code.length > longestCode) return `is longer than ${longestCode} characters`;
  return /[\p{C}]/u.test(code) ? "has unprintable characters" : null;
}
