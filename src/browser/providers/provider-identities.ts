import type { RevealedCredentials } from "../../identity/types.ts";

/** An identity as a provider that keeps identities knows it. */
export interface ProviderIdentity {
  id: string;
  name: string;
  /** An http(s) URL: the page a signed-in user lands on. */
  sourceUrl: string;
  metadata: Record<string, unknown>;
}

/** The identities of a provider that keeps them itself, and opens sessions signed in as them. */
export interface ProviderIdentities {
  /** @throws Failure `unknown_identity`, `provider_unavailable`, `provider_refused`, `provider_quota` */
  get(id: string, signal: AbortSignal): Promise<ProviderIdentity>;
  /**
   * Has the provider sign it in anew. Asked once: it may type a password.
   * @returns whether the provider says that it did
   * @throws Failure `unknown_identity`, `provider_unavailable`, `provider_refused`, `provider_quota`
   */
  reauthenticate(id: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Its credentials, where the provider hands them out; undefined where it does not, or has none, or where the site has
   * refused them in this process within the hour.
   */
  credentials(id: string, signal: AbortSignal): Promise<RevealedCredentials | undefined>;
  /** The site refused the credentials that the provider has: typing them again may lock the account. */
  noteRefused(id: string): void;
}
