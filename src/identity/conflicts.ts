import pg from "pg";
import { Failure } from "../failure.ts";

/** Does a write, with the database's own constraint errors turned into failures: the constraints are the only check without a race. */
export async function withConflicts<T>(
  messages: {
    unique?: string | ((constraint: string | undefined) => string);
    reference?: string;
    referenced?: string;
  },
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof pg.DatabaseError) {
      const uniqueViolation = "23505";
      const foreignKeyViolation = "23503";
      if (error.code === uniqueViolation && messages.unique !== undefined) {
        const { unique } = messages;
        const message = typeof unique === "string" ? unique : unique(error.constraint);
        throw new Failure("conflict", message, { cause: error });
      }
      if (error.code === foreignKeyViolation && messages.reference !== undefined) {
        throw new Failure("not_found", messages.reference, { cause: error });
      }
      if (error.code === foreignKeyViolation && messages.referenced !== undefined) {
        throw new Failure("conflict", messages.referenced, { cause: error });
      }
    }
    throw error;
  }
}
