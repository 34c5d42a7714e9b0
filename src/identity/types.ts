import type { FailureCode } from "../failure.ts";
import type { Secret } from "../secret.ts";
import type { Health } from "./health.ts";
import type { Address, Identifier, Sighting } from "./known-by.ts";
import type { JsonObject } from "./traits/json.ts";

export * from "./known-by.ts";
export type { JsonObject } from "./traits/json.ts";

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

/** Credentials of another service's that are kept as they came: nobody can sign in with them but at that service. */
export const keptCredentialTypes = ["password_hash", "backup_codes", "oidc", "saml", "webauthn"] as const;
export type KeptCredentialType = (typeof keptCredentialTypes)[number];

export const credentialTypes = [
  "username_password",
  "authenticator",
  "passkey",
  "mailbox",
  "custom",
  ...keptCredentialTypes,
] as const;
export type CredentialType = (typeof credentialTypes)[number];

/** A credential as anyone may see it: what it is, never what it holds. */
export interface CredentialSummary {
  type: CredentialType;
  /** Of those that are only kept: they sign nobody in. */
  isKeptOnly?: true;
  /** Of those: what the other service knows the account by. */
  identifiers?: string[];
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
  /**
   * The page a signed-in user lands on: where logins begin and where "signed in" is proved. Its own, else its
   * application's; null where neither has one.
   */
  sourceUrl: string | null;
  /** Registrable domains, beyond the source's own, that credentials may be typed on: the identity's and its application's. */
  allowedDomains: string[];
  /** Sessions that may be open at once; null leaves it to the site, else 1. */
  maxSessions: number | null;
  /** An inactive one runs nothing. */
  state: IdentityState;
  stateChangedAt: Date;
  /** What is known of the person, as its application's schema describes it. Not secret. */
  traits: JsonObject;
  /** The trait that is typed as its username where its credentials have none. */
  loginName: string | null;
  /** What its traits and federated logins make it known by, normalised: unique per application and kind. */
  identifiers: Identifier[];
  /** Those to be verified first; of a kind, in the order they were added. */
  addresses: Address[];
  /** For all who may read it; null where it was never set. */
  metadata: JsonObject | null;
  /** For administrators. */
  metadataAdmin: JsonObject | null;
  /** What another system knows it by: unique within the project. */
  externalId: string | null;
  firstSeen: Sighting | null;
  lastSeen: Sighting | null;
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
  credentialTimes: Partial<Record<CredentialType, CredentialTimes>>;
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
  /**
   * Of a half-made one, by which somebody signs in again on the connect page: the identity it is for. It is the same
   * account at the site: its sessions, logins, codes and time steps are that one's.
   */
  standsFor: string | null;
  health: Health;
  createdAt: Date;
  updatedAt: Date;
}

export type IdentityState = "active" | "inactive";

export interface CredentialTimes {
  createdAt: Date;
  updatedAt: Date;
}

/** What is left of a removed identity: nothing that signs in. */
export interface DeletedIdentity
  extends Pick<
    Identity,
    | "id"
    | "project"
    | "name"
    | "displayName"
    | "applicationId"
    | "loginName"
    | "traits"
    | "metadata"
    | "metadataAdmin"
    | "firstSeen"
    | "lastSeen"
    | "createdAt"
  > {
  deletedAt: Date;
}

/** Credentials as they are handed in, to be sealed at once. */
export type NewCredential =
  /**
   * Without a username: what the identity's traits make its login name. Without a password: the site sends a code or
   * link, or takes a passkey.
   */
  | { type: "username_password"; username?: Secret | undefined; password?: Secret | undefined }
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
  | { type: "custom"; fields: Record<string, Secret> }
  /** `kept`: JSON, in the words of the API it came by. `identifiers`: what the other service knows the account by. */
  | { type: KeptCredentialType; kept: Secret; identifiers?: string[] };

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
  /** As JSON. */
  kept?: Partial<Record<KeptCredentialType, Secret>>;
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
