import type { RevealedCredentials } from "../../identity/types.ts";
import type { Recipient } from "../../login/mailbox/recipients.ts";
import type { IdentityRecord } from "./identity-record.ts";

export interface MailRecipient extends Recipient {
  /** Told what was unsealed: the username that is typed is where the site may write to, too. */
  useCredentials(revealed: RevealedCredentials): void;
  /** Where its traits say that it can be e-mailed. */
  known(): Promise<readonly string[]>;
}

/** Whose e-mail is read during a login: the identity's. What is asked of the record is asked once, unless that failed. */
export function createMailRecipient({
  record,
  identityId,
}: {
  record: Pick<IdentityRecord, "emailAddresses" | "anothersAddresses" | "sharesMailServer">;
  identityId: string;
}): MailRecipient {
  let username: string | undefined;
  const known = once(() => record.emailAddresses(identityId));
  const shares = new Map<string, () => Promise<boolean>>();
  return {
    useCredentials({ usernamePassword }) {
      const typed = usernamePassword?.username.reveal().trim();
      if (typed?.includes("@") === true) username = typed;
    },
    known,
    async addresses() {
      const addresses = await known();
      // Alone it says too little: many sites write to another address than the one that somebody signs in with.
      return username === undefined || addresses.length === 0 ? addresses : [...addresses, username];
    },
    anothersOf: (addresses) => record.anothersAddresses(identityId, addresses),
    mayShareServer(host) {
      const ask = shares.get(host) ?? once(() => record.sharesMailServer(identityId, host));
      shares.set(host, ask);
      return ask();
    },
  };
}

/** What a question was answered; one that failed is asked again. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}
