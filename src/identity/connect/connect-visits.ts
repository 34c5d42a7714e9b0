import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import { Secret } from "../../secret.ts";
import { isUuid } from "../identity-input.ts";
import type { Actor, Sighting } from "../types.ts";
import type { ConnectToken, ConnectTokens } from "./connect-tokens.ts";

/** How the page was opened, and so how it tells what it came to. */
export const connectModes = ["redirect", "popup", "frame"] as const;
export type ConnectMode = (typeof connectModes)[number];

/** Where a request of a visit's browser came from. */
export type Visitor = Omit<Sighting, "at">;

/** One browser that opened the connect page with a token, and how far it came. */
export interface ConnectVisit {
  id: string;
  token: ConnectToken;
  mode: ConnectMode;
  /** What the new identity is to be called. */
  userName: string | null;
  /** The language that was chosen; null for the browser's own. */
  locale: string | null;
  flowId: string | null;
  /** Half-made until the visit succeeds; then the one that was connected. */
  identityId: string | null;
  /** The run that signs in, or the last that did. */
  runId: string | null;
  /** Whether it was given that run just now, so that a run which is not there yet may be on its way. */
  isRunNew: boolean;
  /** The session that somebody signs in to by hand. */
  sessionId: string | null;
  /** Codes handed in to the run. */
  codes: number;
  /** Whether the token's recovery code was given, where it asks for one. */
  codeGiven: boolean;
  /** `outdated`: what was proved is good for nothing any more, for the identity was changed meanwhile. */
  result: "success" | "cancelled" | "outdated" | null;
  /** Of the request it was read for; not stored. */
  visitor?: Visitor;
}

/** In whose name a visit's identity is made and changed. */
export const visitActor = ({ id }: Pick<ConnectVisit, "id">): Actor => ({ name: `connect:${id}` });

type Change = Partial<Pick<ConnectVisit, "locale" | "flowId" | "sessionId">>;

/** The visits to the connect page. */
export interface ConnectVisits {
  /**
   * @returns `secret`, for the visitor's cookie
   * @throws Failure `too_many_requests` where the token was opened too often
   */
  begin(
    token: ConnectToken,
    visit: Pick<ConnectVisit, "mode" | "userName" | "locale">,
  ): Promise<{ id: string; secret: Secret }>;
  /** Undefined unless the secret is this visit's. */
  find(id: string, secret: string): Promise<ConnectVisit | undefined>;
  /** As `find`, for what looks after visits: nobody shows that it is theirs. */
  get(id: string): Promise<ConnectVisit | undefined>;
  change(id: string, change: Change): Promise<void>;
  /** Gives the visit its session. False where another request has given it one meanwhile, or it has come to an end. */
  takeSession(visit: ConnectVisit, sessionId: string): Promise<boolean>;
  /** Counts one more code handed in to the visit's run. False where another was meanwhile, or `most` were. */
  countCode(visit: ConnectVisit, most: number): Promise<boolean>;
  /** Takes back the code counted last, which came to nothing. */
  forgetCode(visit: ConnectVisit): Promise<void>;
  /** Gives the visit its next run. False where another request has given it one meanwhile. */
  nextRun(visit: ConnectVisit, runId: string): Promise<boolean>;
  /** Takes a run away again that never came to be: the one before it is the visit's again. */
  forgetRun(visit: ConnectVisit, runId: string): Promise<void>;
  /** Lets it in: its visitor gave the recovery code. */
  letIn(id: string): Promise<void>;
  /** Marks it as given up. False where it has come to an end meanwhile. */
  cancel(id: string): Promise<boolean>;
  /** Marks it as outdated; the token is as good as before. */
  outdate(id: string): Promise<void>;
}

/** A link that is opened again, on the phone after the desktop: often enough for people, too seldom to fill a table. */
const mostVisits = 20;
const secretBytes = 32;
/** How long a run may be on its way: longer than one before it takes to stop, and a queue to answer. */
const runIsNewFor = sql`interval '45 seconds'`;

export function createConnectVisits({
  db: { kysely },
  tokens,
}: {
  db: Database;
  tokens: Pick<ConnectTokens, "get">;
}): ConnectVisits {
  async function read(id: string) {
    if (!isUuid(id)) return undefined;
    const row = await kysely
      .selectFrom("connect_visits")
      .selectAll()
      .select(sql<boolean>`coalesce(run_at > now() - ${runIsNewFor}, false)`.as("is_run_new"))
      .where("id", "=", id)
      .executeTakeFirst();
    const token = row === undefined ? undefined : await tokens.get(row.token_id);
    if (row === undefined || token === undefined) return undefined;
    const visit: ConnectVisit = {
      id,
      token,
      mode: row.mode,
      userName: row.user_name,
      locale: row.locale,
      flowId: row.flow_id,
      identityId: row.identity_id,
      runId: row.run_id,
      isRunNew: row.is_run_new,
      sessionId: row.session_id,
      codes: row.codes,
      codeGiven: row.code_given_at !== null,
      result: row.result,
    };
    return { visit, secretHash: row.secret_hash };
  }

  return {
    async begin(token, { mode, userName, locale }) {
      const secret = new Secret(randomBytes(secretBytes).toString("base64url"));
      const { rows } = await sql<{ id: string }>`
        insert into connect_visits (token_id, secret_hash, mode, user_name, locale)
        select id, ${hashOf(secret.reveal())}, ${mode}, ${userName}, ${locale} from connect_tokens
        where id = ${token.id}
          and (select count(*) from connect_visits where token_id = ${token.id}) < ${mostVisits}
        returning id
      `.execute(kysely);
      const id = rows[0]?.id;
      if (id === undefined)
        throw new Failure("too_many_requests", "This link was opened too often: ask for a new one.");
      return { id, secret };
    },

    async find(id, secret) {
      const found = await read(id);
      const isTheirs = found !== undefined && timingSafeEqual(found.secretHash, hashOf(secret));
      return isTheirs ? found.visit : undefined;
    },

    async get(id) {
      return (await read(id))?.visit;
    },

    async change(id, { locale, flowId, sessionId }) {
      await kysely
        .updateTable("connect_visits")
        .set({
          ...(locale === undefined ? {} : { locale }),
          ...(flowId === undefined ? {} : { flow_id: flowId }),
          ...(sessionId === undefined ? {} : { session_id: sessionId }),
          updated_at: sql<Date>`now()`,
        })
        .where("id", "=", id)
        .execute();
    },

    async takeSession({ id, sessionId: before }, sessionId) {
      const { numUpdatedRows } = await kysely
        .updateTable("connect_visits")
        .set({ session_id: sessionId, updated_at: sql<Date>`now()` })
        .where("id", "=", id)
        .where("session_id", "is not distinct from", before)
        .where("result", "is", null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async countCode({ id, runId, codes }, most) {
      const { numUpdatedRows } = await kysely
        .updateTable("connect_visits")
        .set({ codes: codes + 1, updated_at: sql<Date>`now()` })
        .where("id", "=", id)
        .where("run_id", "=", runId)
        .where("codes", "=", codes)
        .where("codes", "<", most)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async forgetCode({ id, runId, codes }) {
      await kysely
        .updateTable("connect_visits")
        .set({ codes })
        .where("id", "=", id)
        .where("run_id", "=", runId)
        .where("codes", "=", codes + 1)
        .execute();
    },

    async nextRun({ id, runId: before }, runId) {
      const { numUpdatedRows } = await kysely
        .updateTable("connect_visits")
        .set({ run_id: runId, run_at: sql<Date>`now()`, codes: 0, updated_at: sql<Date>`now()` })
        .where("id", "=", id)
        .where("run_id", before === null ? "is" : "=", before)
        .where("result", "is", null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async forgetRun({ id, runId: before }, runId) {
      await kysely
        .updateTable("connect_visits")
        .set({ run_id: before })
        .where("id", "=", id)
        .where("run_id", "=", runId)
        .execute();
    },

    async letIn(id) {
      await kysely
        .updateTable("connect_visits")
        .set({ code_given_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
        .where("id", "=", id)
        .execute();
    },

    async cancel(id) {
      const { numUpdatedRows } = await kysely
        .updateTable("connect_visits")
        .set({ result: "cancelled", updated_at: sql<Date>`now()` })
        .where("id", "=", id)
        .where("result", "is", null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async outdate(id) {
      await kysely
        .updateTable("connect_visits")
        .set({ result: "outdated", updated_at: sql<Date>`now()` })
        .where("id", "=", id)
        .where("result", "is", null)
        .execute();
    },
  };
}

const hashOf = (secret: string) => createHash("sha256").update(secret).digest();
