import pg from "pg";

/** Whether Postgres refused a value: SQLSTATE class 22, data exception. */
export function isDataException(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith("22") === true;
}
