import type { Secret } from "../secret.ts";

export type IdentityStatus = "pending" | "validated" | "failed";

/** A credential as anyone may see it: what it is, never what it holds. */
export interface CredentialSummary {
  type: "username_password" | "authenticator" | "custom";
  /** For `custom`: the names of its fields. */
  fields?: string[];
  /** For `authenticator`. */
  algorithm?: OneTimePasswordAlgorithm;
  digits?: number;
  periodSeconds?: number;
}

export type OneTimePasswordAlgorithm = "sha1" | "sha256" | "sha512";

/** Who to be on one site. */
export interface Identity {
  id: string;
  project: string;
  /** Unique within the project; commands accept it in place of the id. */
  name: string;
  applicationId: string | null;
  /** The page a signed-in user lands on: where logins begin and where "signed in" is proved. */
  sourceUrl: string;
  /** Registrable domains, beyond the source's own, that credentials may be typed on: the identity's and its application's. */
  allowedDomains: string[];
  /** Sessions that may be open at once; null leaves it to the site, else 1. */
  maxSessions: number | null;
  metadata: Record<string, unknown>;
  /** Where its sessions come from; null leaves it to the configuration. */
  provider: string | null;
  /** `http://host:port` or `socks5://host:port`, without credentials: those are a `custom` credential's business. */
  proxyServer: string | null;
  status: IdentityStatus;
  /** Why it has that status: our own text, or a failure code. */
  statusReason: string | null;
  statusAt: Date;
  credentials: CredentialSummary[];
  /** Raised whenever credentials or the source URL change; hand it back with what a run found out, see `setStatus`. */
  credentialsVersion: number;
  /** When the saved state was captured, or null when there is none. */
  stateCapturedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Credentials as they are handed in, to be sealed at once. */
export type NewCredential =
  | { type: "username_password"; username: Secret; password: Secret }
  /** `secret`: base32, or a whole `otpauth://totp/…` URI, whose parameters then win. */
  | {
      type: "authenticator";
      secret: Secret;
      algorithm?: OneTimePasswordAlgorithm;
      digits?: number;
      periodSeconds?: number;
    }
  | { type: "custom"; fields: Record<string, Secret> };

/** Credentials unsealed, for the moment of typing. */
export interface RevealedCredentials {
  usernamePassword?: { username: Secret; password: Secret };
  authenticator?: {
    secret: Secret;
    algorithm: OneTimePasswordAlgorithm;
    digits: number;
    periodSeconds: number;
  };
  custom?: Record<string, Secret>;
}

/** On whose behalf something is read or written, for the audit. */
export interface Actor {
  /** `worker:<id>`, `cli:<user>`, `key:<id>`. */
  name: string;
  runId?: string;
}

/** Permission to write for an identity or a run: held while the lease is, void once another holder was let in. */
export interface Fence {
  lease: string;
  token: bigint;
}

/**
 * The state of a signed-in browser context, as plain JSON. `cookies` and `origins` have the shape of Playwright's
 * `storageState({ indexedDB: true })`; it leaves out sessionStorage, which stands beside them.
 */
export interface SavedState {
  cookies: unknown[];
  origins: unknown[];
  sessionStorage: Record<string, Record<string, string>>;
  /** The username it is signed in with: signed-in pages show it, and what is kept of them must not. */
  username?: string;
  /** The page that showed it signed in, when that is not the identity's source page. */
  provedAt?: string;
}
