import type { RevealedCredentials } from "../../identity/types.ts";

/** An identity as a provider that keeps identities knows it. */
export interface ProviderIdentity {
  id: string;
  name: string;
  /** An http(s) URL: the page a signed-in user lands on. */
  sourceUrl: string;
  metadata: Record<string, unknown>;
}

/** What came of asking a provider to sign an identity in anew. */
export interface Renewal {
  /** Whether the provider says that it did. */
  renewed: boolean;
  /** Whether the site refused the credentials, as far as the provider tells: typing them again may lock the account. */
  credentialsRefused: boolean;
}

/** The identities of a provider that keeps them itself, and opens sessions signed in as them. */
export interface ProviderIdentities {
  /** @throws Failure `unknown_identity`, `provider_unavailable`, `provider_refused`, `provider_quota` */
  get(id: string, signal: AbortSignal): Promise<ProviderIdentity>;
  /**
   * Has the provider sign it in anew. Asked once: it may type a password.
   * @throws Failure `unknown_identity`, `provider_unavailable`, `provider_refused`, `provider_quota`
   */
  reauthenticate(id: string, signal: AbortSignal): Promise<Renewal>;
  /** Its credentials, where the provider hands them out; undefined where it does not, or has none. */
  credentials(id: string, signal: AbortSignal): Promise<RevealedCredentials | undefined>;
  /** The site refused the credentials that the provider has: typing them again may lock the account. */
  noteRefused(id: string): void;
  /** Whether that was noted in this process within the hour. */
  wasRefused(id: string): boolean;
}
