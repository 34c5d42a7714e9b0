import type { Identities } from "../../identity/identities.ts";

/** Where a run reads what is kept of its identity, and notes what it found out. */
export type IdentityRecord = Pick<
  Identities,
  | "loadState"
  | "saveState"
  | "clearState"
  | "setStatus"
  | "noteLogin"
  | "noteSeen"
  | "revealCredentials"
  | "emailAddresses"
  | "anothersAddresses"
  | "sharesMailServer"
  | "lastTimeStep"
  | "claimTimeStep"
  | "savePasskeyCounter"
>;

/** The record of an identity that only its provider has: nothing is known of it here, and nothing is kept. */
export function createNoRecord(): IdentityRecord {
  return {
    loadState: async () => null,
    saveState: async () => false,
    async clearState() {},
    setStatus: async () => false,
    async noteLogin() {},
    async noteSeen() {},
    revealCredentials: async () => ({}),
    emailAddresses: async () => [],
    anothersAddresses: async () => new Set(),
    sharesMailServer: async () => false,
    lastTimeStep: async () => null,
    claimTimeStep: async () => true,
    savePasskeyCounter: async () => false,
  };
}
