import { open } from "node:fs/promises";
import { Failure } from "../failure.ts";
import type { LoginResult } from "../login/login.ts";
import { createLoginRecorder, formatStoredLogin, type LoginRecorder } from "../login/stored-login.ts";
import type { Redactor } from "../redact.ts";

/** The file a login's pages go to. Opened before the login: a login that could not be stored is not to be spent. */
export interface SnapshotFile extends AsyncDisposable {
  onSituation: LoginRecorder["onSituation"];
  write(result: LoginResult, redactor: Redactor): Promise<void>;
}

/** @throws Failure `invalid_argument` where the file cannot be written */
export async function openSnapshotFile(path: string): Promise<SnapshotFile> {
  const file = await open(path, "w", 0o600).catch((cause: unknown) => {
    throw new Failure(
      "invalid_argument",
      "--save-snapshot: the file cannot be written there. Is its folder there, and writable?",
      { cause },
    );
  });
  const recorder = createLoginRecorder();
  return {
    onSituation: recorder.onSituation,
    async write(result, redactor) {
      const end = result.status === "signed_in" ? "signed_in" : result.failure.code;
      await file.writeFile(formatStoredLogin({ end, steps: recorder.steps }, redactor));
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
