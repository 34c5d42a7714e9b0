import { formatStoredLogin, type StoredLogin } from "../../login/stored-login.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Keeps the pages of a login among the run's files, for `latchkey login --replay`. Never throws: a store that is full
 * must not hide why the login failed.
 */
export async function keepSnapshot(
  { id, deps, evidence, known }: RunContext,
  stored: StoredLogin,
): Promise<void> {
  if (stored.steps.length === 0) return;
  try {
    const text = formatStoredLogin(stored, known.redactor);
    const artifact = await deps.artifacts.put(id, "login-snapshot.json", text, {
      kind: "snapshot",
      contentType: "application/json",
    });
    evidence.snapshot = artifact.name;
    deps.emit({ type: "artifact", artifact });
  } catch (error) {
    deps.log.warn({ err: error }, "the pages of the login could not be kept");
  }
}
