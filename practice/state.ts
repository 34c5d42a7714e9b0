import type { Accounts } from "./accounts.ts";
import type { Sessions } from "./sessions.ts";
import type { Switches } from "./switches.ts";

/** What the pages of one site share. */
export interface PracticeState {
  readonly form: "identifier-first" | "one-page";
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly switches: Switches;
  readonly counts: { logins: number; passwordSubmits: number; passwordsRefused: number; codeSubmits: number };
}
