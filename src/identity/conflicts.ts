import pg from "pg";
import { Failure } from "../failure.ts";

const uniqueViolation = "23505";
const foreignKeyViolation = "23503";
/** Two transactions waited for each other, or could not both be (Postgres, appendix A): this one may simply come again. */
const collisions: readonly (string | undefined)[] = ["40P01", "40001"];
const mostTries = 3;

/**
 * Does a write, with the database's own constraint errors turned into failures: the constraints are the only check
 * without a race. A write that collided with another is done again: it has to be one whole transaction.
 */
export async function withConflicts<T>(
  messages: {
    unique?: string | ((constraint: string | undefined) => string);
    reference?: string | ((constraint: string | undefined) => string);
    referenced?: string;
  },
  write: () => Promise<T>,
): Promise<T> {
  const { unique, reference, referenced } = messages;
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      const { code, constraint } = error;
      if (collisions.includes(code) && tries < mostTries) continue;
      const failure =
        code === uniqueViolation && unique !== undefined
          ? new Failure("conflict", textOf(unique, constraint), { cause: error })
          : code === foreignKeyViolation && reference !== undefined
            ? new Failure("not_found", textOf(reference, constraint), { cause: error })
            : code === foreignKeyViolation && referenced !== undefined
              ? new Failure("conflict", referenced, { cause: error })
              : error;
      throw failure;
    }
  }
}

const textOf = (
  text: string | ((constraint: string | undefined) => string),
  constraint: string | undefined,
): string => (typeof text === "string" ? text : text(constraint));
