import type { FailureCode } from "../failure.ts";
import type { Secret } from "../secret.ts";
import type { Health } from "./health.ts";

export type IdentityStatus = "pending" | "validated" | "failed";

/** How an identity's last login went. */
export interface LastLogin {
  /** ISO 8601. */
  at: string;
  /** Of its failure; null where it signed in. */
  code: FailureCode | null;
  /** Whether a person had to hand a code in. */
  handedIn: boolean;
}

export const credentialTypes = [
  "username_password",
  "authenticator",
  "passkey",
  "mailbox",
  "custom",
] as const;
export type CredentialType = (typeof credentialTypes)[number];

/** A credential as anyone may see it: what it is, never what it holds. */
export interface CredentialSummary {
  type: CredentialType;
  /** For `username_password`: there is a username only, the site sends a code or link or takes a passkey. */
  passwordless?: true;
  /** For `passkey`: the relying party it signs in at, a domain. */
  rpId?: string;
  /** For `mailbox`: its IMAP server. */
  host?: string;
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
  /** As whoever made it calls it, where that is not its name: of any kind, and not unique. */
  displayName: string | null;
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
  /** What that provider knows it by, where it keeps identities itself; null for one it knows nothing of. */
  providerIdentityId: string | null;
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
  /** Whether scheduled health checks look at it. */
  healthChecks: boolean;
  /** Whether a health check may sign it in again. */
  autoReauthenticate: boolean;
  /** Whether what its site keeps in a browser that was handed out becomes its saved state when that session ends. */
  saveSessions: boolean;
  lastLogin: LastLogin | null;
  health: Health;
  createdAt: Date;
  updatedAt: Date;
}

/** Credentials as they are handed in, to be sealed at once. */
export type NewCredential =
  /** Without a password: the site sends a code or link, or takes a passkey. */
  | { type: "username_password"; username: Secret; password?: Secret | undefined }
  /** `secret`: base32, or a whole `otpauth://totp/…` URI, whose parameters then win. */
  | {
      type: "authenticator";
      secret: Secret;
      algorithm?: OneTimePasswordAlgorithm;
      digits?: number;
      periodSeconds?: number;
    }
  /** In the terms of WebAuthn; all but `rpId` and `signCount` base64url, the keys PKCS #8 and SPKI in DER. */
  | {
      type: "passkey";
      rpId: string;
      id: string;
      userHandle: string;
      privateKey: Secret;
      publicKey: string;
      signCount?: number;
    }
  /** An IMAP mailbox that codes and links are sent to. */
  | {
      type: "mailbox";
      host: string;
      port?: number;
      security?: MailboxSecurity;
      username: Secret;
      password: Secret;
      folder?: string;
      from?: string;
    }
  | { type: "custom"; fields: Record<string, Secret> };

/** `tls`: from the first byte (port 993). `starttls`: upgraded, or no login. `none`: loopback only. */
export type MailboxSecurity = "tls" | "starttls" | "none";

/** A passkey as an authenticator keeps it. */
export interface RevealedPasskey {
  /** The relying party's id: the domain it signs in at. */
  rpId: string;
  /** Base64url, as all of these. */
  id: string;
  userHandle: string;
  /** PKCS #8, DER. */
  privateKey: Secret;
  /** SubjectPublicKeyInfo, DER. */
  publicKey: string;
  /** Of the last assertion; a site may refuse one that does not grow (WebAuthn §6.1.1). */
  signCount: number;
}

export interface RevealedMailbox {
  host: string;
  port: number;
  security: MailboxSecurity;
  username: Secret;
  password: Secret;
  /** The IMAP folder that is looked at. */
  folder: string;
  /** Only messages whose sender's address has this in it are looked at. */
  from?: string;
}

/** Credentials unsealed, for the moment of typing. */
export interface RevealedCredentials {
  usernamePassword?: { username: Secret; password?: Secret };
  authenticator?: {
    secret: Secret;
    algorithm: OneTimePasswordAlgorithm;
    digits: number;
    periodSeconds: number;
  };
  passkey?: RevealedPasskey;
  mailbox?: RevealedMailbox;
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
