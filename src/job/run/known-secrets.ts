import { secretsOf } from "../../identity/credentials/credential-types.ts";
import type { RevealedCredentials, SavedState } from "../../identity/types.ts";
import { createRedactor, isDistinctive, type Redactor, scrubJson } from "../../redact.ts";
import { Secret } from "../../secret.ts";

/** What a run has learned of its identity's secrets, to take them out of what is kept of it. */
export interface KnownSecrets {
  /** For evidence, artifacts and errors: every value, the username too. */
  readonly redactor: Redactor;
  /** Credentials were unsealed for a login. */
  useCredentials(revealed: RevealedCredentials): void;
  /** A code was made. */
  useCode(code: Secret): void;
  /** A saved state was opened: pages will show whose it is. */
  useState(state: SavedState): void;
  /** The identity's username, once it is known. */
  readonly username: string | undefined;
  /**
   * A flow's result without secrets. Only values unlike ordinary words and numbers are taken out: a result must not
   * be garbled because somebody's username is "admin".
   */
  scrubResult(result: unknown, options: { keepUsername: boolean }): unknown;
}

export function createKnownSecrets(): KnownSecrets {
  const redactor = createRedactor();
  const distinctive = createRedactor();
  const withoutUsername = createRedactor();
  let username: string | undefined;

  function add(secret: Secret): void {
    redactor.add(secret);
    if (!isDistinctive(secret.reveal())) return;
    distinctive.add(secret);
    withoutUsername.add(secret);
  }

  function addUsername(value: string): void {
    username = value;
    const secret = new Secret(value);
    redactor.add(secret);
    if (isDistinctive(value)) distinctive.add(secret);
  }

  return {
    redactor,
    useCredentials(revealed) {
      for (const secret of secretsOf(revealed)) add(secret);
      if (revealed.mailbox !== undefined) redactor.add(revealed.mailbox.username);
      if (revealed.usernamePassword !== undefined) addUsername(revealed.usernamePassword.username.reveal());
    },
    useCode: add,
    useState(state) {
      if (state.username !== undefined) addUsername(state.username);
    },
    get username() {
      return username;
    },
    scrubResult: (result, { keepUsername }) =>
      scrubJson(result, keepUsername ? withoutUsername : distinctive),
  };
}
