import { Failure } from "../../failure.ts";

/** A provider would not open a session signed in as one of its identities: it could not sign it in. */
export class StaleIdentity extends Failure {
  /** Whether the provider says that the site refused the credentials: typing them again may lock the account. */
  readonly credentialsRefused: boolean;

  constructor({ credentialsRefused }: { credentialsRefused: boolean }) {
    super(
      "needs_attention",
      credentialsRefused
        ? "The browser provider could not sign the identity in: the site refused its credentials."
        : "The browser provider could not sign the identity in.",
    );
    this.credentialsRefused = credentialsRefused;
  }
}
