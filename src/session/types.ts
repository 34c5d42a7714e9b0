import type { WebSocket } from "ws";
import type { FailureCode } from "../failure.ts";
import type { SavedState } from "../identity/types.ts";
import type { Secret } from "../secret.ts";

/**
 * `authenticating`: its browser can be connected to, and its identities are being signed in. `ended` and `failed` are
 * final; a failed one never came to be handed out.
 */
export type SessionStatus = "starting" | "authenticating" | "running" | "ending" | "ended" | "failed";

/** Why a session is over. */
export type SessionEnd =
  | "client"
  | "idle"
  | "time limit"
  | "cancelled"
  | "browser died"
  | "service stopped"
  | "server lost";

/** An identity of a session, and how far it is signed in. */
export interface SessionIdentity {
  id: string;
  status: "pending" | "authenticating" | "authenticated" | "failed";
  /** The run that signs it in: its stages and events tell how, and a one-time code can be handed in to it. */
  runId: string;
  code?: FailureCode;
}

/** A session as it is recorded; the record outlives the browser. */
export interface SessionRecord {
  id: string;
  project: string;
  status: SessionStatus;
  identities: SessionIdentity[];
  tags: string[];
  /** As it was asked for, in the words of whoever asked; holds no secret. */
  configuration: Record<string, unknown>;
  recording: boolean;
  createdAt: Date;
  /** When it was handed out. */
  startedAt: Date | null;
  endedAt: Date | null;
  endedBy: SessionEnd | null;
  /** Of what kept it from being handed out. */
  code: FailureCode | null;
  /** When its time is over at the latest; null for never. */
  expiresAt: Date | null;
}

export interface ProxyServer {
  /** `http://host:port`, `https://…` or `socks5://…`. */
  server: string;
  username?: string;
  password?: Secret;
}

/** What a session is asked for with. */
export interface NewSession {
  project: string;
  /** In whose name: `key:<id>`. */
  actor: string;
  /** Ids or names. Each is signed in, all in the one default context; no two of one site. */
  identityIds?: readonly string[];
  /** Loads the saved states and looks at no page: they may have lapsed. */
  skipValidation?: boolean;
  /** Opened in the first page when everybody is signed in. */
  initialUrl?: string;
  tags?: readonly string[];
  /** How long nobody may be connected, in minutes; null for ever. Five unless given. */
  idleMinutes?: number | null;
  /** How long it may last at most, in minutes; null for a day, the longest there is. Twenty unless given. */
  maxMinutes?: number | null;
  /** In CSS pixels; 1440 × 900 unless given. */
  viewport?: { width: number; height: number };
  /** On a screen, a virtual one where this machine has none. */
  headed?: boolean;
  proxy?: ProxyServer;
  recording?: boolean;
  /** `deny`: nothing that a page or a client would download comes to this machine. Kept unless given. */
  downloads?: "keep" | "deny";
  /** Whether what the sites keep in the browser at the end becomes the identities' saved states; each identity's own wish unless given. */
  saveState?: boolean;
  /** A profile to start with; `persist` writes it anew when the session ends. */
  profile?: { name: string; persist: boolean };
  configuration?: Record<string, unknown>;
  /** Gives the opening up. */
  signal: AbortSignal;
}

export interface SessionFilter {
  statuses?: readonly SessionStatus[];
  /** Sessions that have all of these. */
  tags?: readonly string[];
  identityId?: string;
  /** Those of any identity: not the browsers that nobody is signed in to. */
  hasIdentity?: true;
  createdFrom?: Date;
  createdTo?: Date;
  /** By `createdAt`; the oldest first unless given. */
  newestFirst?: boolean;
  offset?: number;
  /** At most so many; 100 unless given. */
  limit?: number;
}

/** A session's browser, in the process that holds it. */
export interface LiveSession {
  readonly id: string;
  readonly project: string;
  /** `ws://127.0.0.1:…/devtools/browser/…`: on loopback, for this process alone. */
  readonly endpoint: string;
  /** Files put here, by their bare names, can be given to file inputs over CDP. */
  readonly uploadsDir: string;
  /** False while its identities are being signed in: whoever drives it then sees what is typed. */
  readonly isHandedOut: boolean;
  /** The state as it stands. */
  capture(): Promise<SavedState>;
  /** Counts as somebody connected, so that the idle time does not run, until it is disposed of. */
  hold(): Disposable;
  /** Lets a CDP client in. @throws Failure `too_many_requests` */
  enter(client: WebSocket): void;
  /** Aborted when the session is over. */
  readonly ending: AbortSignal;
}

/** A file a session left. */
export interface SessionFile {
  id: string;
  kind: "download" | "recording";
  /** Its name among the artifacts of the session's id. */
  name: string;
  /** As the site would have it called. */
  suggestedName: string;
  /** Where it came from; null for a recording. */
  url: string | null;
  bytes: number;
  durationMs: number | null;
  createdAt: Date;
}

/** The browser sessions of a service: records in Postgres, browsers in this process. */
export interface Sessions extends AsyncDisposable {
  /**
   * Answers when a CDP client can connect and every identity is signed in.
   * @throws Failure `invalid_argument`, `unknown_identity`, `identity_failed`, `identity_busy`, `not_found` for the
   * profile, `too_many_requests`; of the login and the browser
   */
  create(request: NewSession): Promise<SessionRecord>;
  /** Also one that is over. @throws Failure `not_found` */
  get(project: string, id: string): Promise<SessionRecord>;
  list(project: string, filter: SessionFilter): Promise<{ total: number; sessions: SessionRecord[] }>;
  /**
   * Ends it; again, it tells how it ended. When it resolves the browser is gone and what was to be saved is.
   * @throws Failure `not_found`
   */
  end(project: string, id: string, options?: { saveState?: boolean }): Promise<SessionRecord>;
  /** Ends those of the project that this process holds. Gives how many. */
  endAll(project: string): Promise<number>;
  /** One that is being signed in, too. @throws Failure `not_found`, `session_ended`, `conflict` where another server holds it */
  live(project: string, id: string): Promise<LiveSession>;
  /** Downloads and recordings, those of a session that goes on included. @throws Failure `not_found` */
  files(project: string, id: string): Promise<SessionFile[]>;
}
