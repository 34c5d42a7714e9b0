import pg from "pg";
import { Failure } from "../failure.ts";

/** Where a connection string leads, without user and password: safe to show. */
export interface DatabaseAddress {
  host: string;
  port: number;
  database: string;
}

/** What Postgres answers when it is there but lets nobody in, or is on its way down or up. */
const refusals: Readonly<Record<string, (address: DatabaseAddress) => string>> = {
  "28P01": ({ host, port }) => `Postgres at ${host}:${port} refused the user or the password.`,
  "28000": ({ host, port }) => `Postgres at ${host}:${port} does not let this user in (pg_hba.conf, or TLS).`,
  "3D000": ({ host, port, database }) =>
    `Postgres at ${host}:${port} has no database "${database}": create it first.`,
  "53300": ({ host, port }) =>
    `Postgres at ${host}:${port} has no connection left: raise max_connections, or run fewer workers.`,
  "57P01": ({ host, port }) => `Postgres at ${host}:${port} ended the connection.`,
  "57P02": ({ host, port }) => `Postgres at ${host}:${port} ended the connection after a crash.`,
  "57P03": ({ host, port }) => `Postgres at ${host}:${port} is starting up or shutting down.`,
  "57P05": ({ host, port }) => `Postgres at ${host}:${port} ended an idle connection.`,
};

/** Whether an error of `pg` means that the server could not be reached or used, rather than that the query was wrong. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (error instanceof pg.DatabaseError) return code in refusals || code.startsWith("08");
  // pg has no class for a broken connection: the system's code, or these two messages, are all there is.
  return (
    /^E[A-Z]+$/.test(code) ||
    /^(Connection terminated|Client has encountered a connection error|timeout exceeded)/.test(error.message)
  );
}

/** Whether an error on connecting is one that a server gives which is just being started, or restarted. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return (
    code === "57P03" ||
    code === "57P01" ||
    code === "ECONNREFUSED" ||
    code === "ECONNRESET" ||
    error.message.startsWith("Connection terminated")
  );
}

/** The failure to show for an error of `pg` on connecting; its text names the server and never the password. */
export function unavailable(address: DatabaseAddress, cause: unknown): Failure {
  const code =
    cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  const refusal = code === undefined ? undefined : refusals[code];
  const message =
    refusal?.(address) ??
    `Postgres at ${address.host}:${address.port} does not answer${code === undefined ? "" : ` (${code})`}.`;
  return new Failure("database_unavailable", message, { cause });
}

/**
 * Reads where a connection string leads.
 * @throws Failure `invalid_config`, without its cause: the error of the URL parser would carry the password along.
 */
export function addressOf(connectionString: string): DatabaseAddress {
  let client: pg.Client;
  try {
    client = new pg.Client({ connectionString });
  } catch {
    throw new Failure(
      "invalid_config",
      "DATABASE_URL is not a connection string: write postgres://user:password@host:5432/database, special characters in the password percent-encoded.",
    );
  }
  return { host: client.host, port: client.port, database: client.database ?? client.user ?? "postgres" };
}
