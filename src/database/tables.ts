import type { ColumnType, Generated, Selectable } from "kysely";

type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>;
/** jsonb, written as text so that arrays are not taken for Postgres arrays. */
type Json<T> = ColumnType<T, string, string>;
/** bigint: read as a string by pg, so that no digit is lost. */
type Int8 = ColumnType<string, string | number | bigint, string | number | bigint>;
/** A bigint the database fills in. */
type GeneratedInt8 = ColumnType<string, string | number | bigint | undefined, string | number | bigint>;
/** jsonb that the database fills in. */
type DefaultedJson<T> = ColumnType<T, string | undefined, string>;
type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type NullableText = ColumnType<string | null, string | null | undefined, string | null>;
type NullableJson = ColumnType<unknown, string | null | undefined, string | null>;

interface FactorRow {
  name: string;
  type: "email" | "username" | "password" | "totp" | "magic_code" | "oidc";
  identifier: boolean;
  persistent: boolean;
}

export interface Tables {
  projects: { id: string; created_at: Timestamp };
  applications: {
    id: Generated<string>;
    project: string;
    name: string;
    /** Null where it is a schema or pool that no site was named for. */
    url: NullableText;
    /** Of the URL, in lower case, with its port where that is not the scheme's own; empty without one. */
    host: string;
    description: NullableText;
    allowed_domains: Json<string[]>;
    max_sessions: number | null;
    /** Where the connect page may send its visitors back to; empty allows any https address. */
    callback_urls: DefaultedJson<string[]>;
    /** Who may show the connect page in a frame. */
    frame_origins: DefaultedJson<string[]>;
    /** A `data:` URL. */
    icon: NullableText;
    /** Of its identities' traits. */
    traits_schema: ColumnType<{ [name: string]: unknown } | null, string | null | undefined, string | null>;
    /** The factors its identities may have. */
    ruleset: ColumnType<FactorRow[] | null, string | null | undefined, string | null>;
    created_at: Timestamp;
    updated_at: Timestamp;
  };
  /** What an application asks of whoever connects an account of theirs. */
  auth_flows: {
    id: Generated<string>;
    application_id: string;
    name: string;
    description: NullableText;
    is_recommended: Generated<boolean>;
    methods: Json<("username_password" | "authenticator" | "custom")[]>;
    custom_fields: DefaultedJson<{ name: string }[]>;
    created_at: Timestamp;
    updated_at: Timestamp;
  };
  identities: {
    id: Generated<string>;
    project: string;
    application_id: string | null;
    /** The auth flow that its credentials were asked for by. */
    auth_flow_id: NullableText;
    name: string;
    /** As whoever made it calls it; need not be unique. */
    display_name: NullableText;
    /** Null where its application's URL is meant. */
    source_url: NullableText;
    allowed_domains: Json<string[]>;
    max_sessions: number | null;
    state: Generated<"active" | "inactive">;
    state_changed_at: Timestamp;
    traits: DefaultedJson<{ [name: string]: unknown }>;
    /** The trait that is its username. */
    login_name: NullableText;
    metadata: ColumnType<{ [name: string]: unknown } | null, string | null | undefined, string | null>;
    metadata_admin: ColumnType<{ [name: string]: unknown } | null, string | null | undefined, string | null>;
    external_id: NullableText;
    first_seen: NullableJson;
    last_seen: NullableJson;
    provider: string | null;
    /** What its provider knows it by, where that keeps identities itself. */
    provider_identity_id: ColumnType<string | null, string | null | undefined, string | null>;
    proxy_server: string | null;
    status: "pending" | "validated" | "failed";
    status_reason: string | null;
    status_at: Timestamp;
    /** The identity's data key, wrapped by the master key `key_id`. */
    data_key: Buffer;
    key_id: string;
    /** Raised whenever credentials or the source URL change: tells a run that it is signed in by old ones. */
    credentials_version: Generated<number>;
    /** Whether scheduled health checks look at it. */
    health_checks: Generated<boolean>;
    /** Whether a health check may sign it in again. */
    auto_reauthenticate: Generated<boolean>;
    /** Whether what its site keeps in a browser that was handed out becomes its saved state. */
    save_sessions: Generated<boolean>;
    /** How the last login went. */
    last_login: NullableJson;
    /** Highest TOTP time step ever used: a step is used once (RFC 6238 §5.2). */
    last_time_step: ColumnType<
      string | null,
      string | number | bigint | null | undefined,
      string | number | bigint | null
    >;
    /** Of the leases' tokens, the one at which its saved state was last forgotten on request. */
    forgotten_at_token: ColumnType<string | null, string | null | undefined, string | null>;
    /** The visit to the connect page that it is half-made for; null for all that count. */
    visit_id: NullableText;
    /** The identity that is to be signed in again by what this one holds. */
    stands_for: NullableText;
    /** Of that one's credentials, as they were lent to this one. */
    stands_for_version: ColumnType<number | null, number | null | undefined, number | null>;
    /** Types of that one's credentials that are this one's, or none, once it is proved; the others are lent. */
    replaces: DefaultedJson<Tables["credentials"]["type"][]>;
    created_at: Timestamp;
    updated_at: Timestamp;
  };
  credentials: {
    identity_id: string;
    type:
      | "username_password"
      | "authenticator"
      | "passkey"
      | "mailbox"
      | "custom"
      | "password_hash"
      | "backup_codes"
      | "oidc"
      | "saml"
      | "webauthn";
    /** What may be shown: field names, algorithm, digits, period. */
    summary: Json<Record<string, unknown>>;
    /** The fields as JSON, sealed under the identity's data key. */
    sealed: Buffer;
    created_at: Timestamp;
    updated_at: Timestamp;
  };
  /** What identities are known by, normalised. */
  identity_identifiers: {
    application_id: string;
    identity_id: string;
    kind: "password" | "webauthn" | "code" | "oidc" | "saml";
    value: string;
  };
  identity_addresses: {
    id: string;
    application_id: string;
    identity_id: string;
    purpose: "verification" | "recovery";
    via: "email" | "sms";
    value: string;
    verified: boolean;
    status: "pending" | "sent" | "completed";
    verified_at: NullableTimestamp;
    created_at: Timestamp;
    updated_at: Timestamp;
  };
  /** What is left of removed identities, for a while. */
  deleted_identities: {
    id: string;
    project: string;
    application_id: string | null;
    content: Json<{ [name: string]: unknown }>;
    deleted_at: Timestamp;
  };
  /** Creations that were asked for under a key of the client's own. */
  identity_requests: {
    project: string;
    key: string;
    fingerprint: Buffer;
    identity_id: string;
    created_at: Timestamp;
  };
  saved_states: {
    identity_id: string;
    sealed: Buffer;
    /** Raised by each save: tells a waiting run that somebody logged in meanwhile. */
    version: GeneratedInt8;
    captured_at: Timestamp;
    /** When the last cookie that may carry the login ends, where that is known. */
    lapses_at: NullableTimestamp;
  };
  /** One-time codes that somebody handed in, until a run takes them. */
  handed_in_codes: {
    id: GeneratedInt8;
    identity_id: string;
    /** The run it is for; null for whichever run of the identity asks. */
    run_id: string | null;
    sealed: Buffer;
    created_at: Timestamp;
  };
  /** What was signalled and nobody has waited for yet. */
  signals: {
    id: GeneratedInt8;
    project: string;
    name: string;
    sealed: Buffer;
    data_key: Buffer;
    key_id: string;
    created_at: Timestamp;
  };
  leases: {
    name: string;
    slot: number;
    holder: string;
    token: Int8;
    expires_at: Timestamp;
  };
  audit: {
    id: GeneratedInt8;
    at: Timestamp;
    project: string;
    actor: string;
    action: string;
    identity_id: string | null;
    run_id: string | null;
    /** The API key that was made or removed. */
    api_key_id: ColumnType<string | null, string | null | undefined, string | null>;
  };
  api_keys: {
    /** The part of the key that may be shown. */
    id: string;
    project: string;
    name: string;
    scope: "read" | "submit" | "admin" | "credentials";
    hash: Buffer;
    created_at: Timestamp;
    expires_at: NullableTimestamp;
    last_used_at: NullableTimestamp;
  };
  /** Requests that made a run, so that the same request again is that run. */
  idempotency_keys: {
    project: string;
    key: string;
    /** SHA-256 of what was asked for. */
    fingerprint: Buffer;
    run_id: string;
    created_at: Timestamp;
  };
  runs: {
    id: string;
    /** Of its job in the queue: the run's own id, but for jobs that a producer put into the queue itself. */
    job_id: string;
    project: string;
    flow: string;
    identity_id: string;
    input: NullableJson;
    tags: Json<Record<string, string>>;
    trace: boolean;
    deadline_ms: number | null;
    code_timeout_ms: number | null;
    /** Where its session comes from; null leaves it to the identity and the configuration. */
    provider: ColumnType<string | null, string | null | undefined, string | null>;
    /** Where its outcome is reported to. */
    webhook_url: string | null;
    /** The schedule it was made by. */
    schedule_id: ColumnType<string | null, string | null | undefined, string | null>;
    status: "queued" | "deferred" | "running" | "waiting_for_code" | "succeeded" | "failed";
    /** Attempts begun, those spent and the one in flight; a deferral spends none. */
    attempts: Generated<number>;
    max_attempts: number;
    worker: string | null;
    /** Raised whenever a worker takes the run up; only the highest may write. */
    fence: GeneratedInt8;
    cancel_requested_at: NullableTimestamp;
    stages: Json<unknown[]>;
    artifacts: Json<unknown[]>;
    outcome: NullableJson;
    batch_id: ColumnType<string | null, string | null | undefined, string | null>;
    /** Its place in its batch. */
    batch_index: ColumnType<number | null, number | null | undefined, number | null>;
    /** The ended run whose job this one does again. */
    retry_of: ColumnType<string | null, string | null | undefined, string | null>;
    /** The visit to the connect page that it signs somebody in for: as that one's half-made identity, or not at all. */
    visit_id: NullableText;
    created_at: Timestamp;
    started_at: NullableTimestamp;
    ended_at: NullableTimestamp;
  };
  /** The outbox of reports: written with what they tell, in one transaction. */
  webhook_deliveries: {
    /** Its message's id too, the same at each attempt. */
    id: Generated<string>;
    project: string;
    run_id: string;
    type: string;
    url: string;
    /** Of the URL, with its port. */
    host: string;
    /** Exactly what is sent and signed. */
    body: string;
    status: Generated<"pending" | "delivered" | "failed">;
    /** Failed ones since it was made or asked for again: says how long to wait for the next. */
    attempts: Generated<number>;
    due_at: Timestamp;
    /** Until when whoever sends it may take; after that it was killed. */
    claimed_until: NullableTimestamp;
    /** Raised by whoever takes it to send; only the newest may say how it went. */
    claim: Generated<number>;
    created_at: Timestamp;
    ended_at: NullableTimestamp;
  };
  webhook_attempts: {
    id: GeneratedInt8;
    delivery_id: string;
    at: Timestamp;
    duration_ms: number;
    /** Null where no answer came. */
    status_code: number | null;
    /** Our own words; null for a success. */
    error: string | null;
  };
  /** What a project's webhooks are signed with: one without an end, and old ones for a day. */
  webhook_secrets: {
    id: Generated<string>;
    project: string;
    sealed: Buffer;
    data_key: Buffer;
    key_id: string;
    created_at: Timestamp;
    expires_at: NullableTimestamp;
  };
  schedules: {
    id: Generated<string>;
    project: string;
    name: string;
    kind: "run" | "health";
    flow: string;
    identity_id: string | null;
    application_id: string | null;
    input: NullableJson;
    /** How its runs are made: attempts, deadline, tags. */
    options: Json<unknown>;
    cron: string | null;
    every_ms: ColumnType<string | null, number | null, number | null>;
    time_zone: string;
    jitter_ms: number;
    overlap: "skip" | "queue" | "cancel_old";
    missed: "run_once" | "skip";
    starts_at: NullableTimestamp;
    ends_at: NullableTimestamp;
    paused: boolean;
    /** Raised by every change; what a tick worked out for an older one is not written. */
    revision: Generated<number>;
    /** The time it waits for; null while it is paused, and after its last. */
    next_at: NullableTimestamp;
    created_at: Timestamp;
    updated_at: Timestamp;
  };
  /** What each of a schedule's times came to; the newest hundred. */
  schedule_fires: {
    schedule_id: string;
    fire_at: ColumnType<Date, Date | string, Date | string>;
    at: Timestamp;
    by_hand: boolean;
    result: "submitted" | "skipped" | "missed" | "refused";
    run_id: string | null;
    code: string | null;
    reason: string | null;
  };
  /** What an identity was found to be, newest last; looks that found the same are one row. */
  identity_health: {
    id: GeneratedInt8;
    identity_id: string;
    at: Timestamp;
    seen_at: Timestamp;
    state: "unknown" | "healthy" | "needs_attention";
    reason: string;
    code: NullableText;
    run_id: NullableText;
    note: NullableText;
    note_code: NullableText;
    note_at: NullableTimestamp;
  };
  /** Runs that were submitted together. */
  batches: { id: string; project: string; name: string | null; total: number; created_at: Timestamp };
  /** One-time tokens for the connect page. */
  connect_tokens: {
    id: Generated<string>;
    /** SHA-256. */
    hash: Buffer;
    project: string;
    application_id: string;
    /** An identity that is to be signed in again; null for a new one. */
    identity_id: string | null;
    callback_url: string | null;
    user_name: string | null;
    /** Passwords that were tried with it, in all its visits. */
    attempts: Generated<number>;
    /** Keyed, of the recovery code that is asked for first; null where none is. */
    code_hash: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>;
    code_key_id: NullableText;
    /** Codes that were tried and were not it. */
    code_tries: Generated<number>;
    created_at: Timestamp;
    expires_at: ColumnType<Date, Date | string, Date | string>;
    used_at: NullableTimestamp;
  };
  /** Browsers that opened the connect page with a token. */
  connect_visits: {
    id: Generated<string>;
    token_id: string;
    /** SHA-256 of what the visitor's cookie holds. */
    secret_hash: Buffer;
    mode: "redirect" | "popup" | "frame";
    user_name: string | null;
    locale: NullableText;
    flow_id: NullableText;
    /** Half-made until its run has succeeded. */
    identity_id: NullableText;
    run_id: NullableText;
    /** When it was given that run, whose row follows. */
    run_at: NullableTimestamp;
    /** Of the half-made identity's credentials, those that the run is to prove. */
    proving_version: ColumnType<number | null, number | null | undefined, number | null>;
    session_id: NullableText;
    codes: Generated<number>;
    /** When its visitor gave the recovery code. */
    code_given_at: NullableTimestamp;
    result: ColumnType<
      "success" | "cancelled" | "outdated" | null,
      "success" | "cancelled" | "outdated" | null | undefined,
      "success" | "cancelled" | "outdated" | null
    >;
    created_at: Timestamp;
    updated_at: Timestamp;
  };
  /** Browsers that were handed out over CDP; the rows outlive them. */
  sessions: {
    id: string;
    project: string;
    status: "starting" | "authenticating" | "running" | "ending" | "ended" | "failed";
    identities: Json<unknown[]>;
    tags: Json<string[]>;
    configuration: Json<Record<string, unknown>>;
    recording: boolean;
    actor: string;
    created_at: Timestamp;
    started_at: NullableTimestamp;
    expires_at: NullableTimestamp;
    ended_at: NullableTimestamp;
    ended_by: NullableText;
    code: NullableText;
  };
  session_files: {
    id: Generated<string>;
    session_id: string;
    kind: "download" | "recording";
    name: string;
    suggested_name: string;
    url: string | null;
    bytes: Int8;
    duration_ms: number | null;
    created_at: Timestamp;
  };
  /** Browser states by name, of no identity. */
  profiles: {
    id: Generated<string>;
    project: string;
    name: string;
    description: string | null;
    source: string | null;
    /** The session it was, or is to be, saved from. */
    session_id: string | null;
    /** Null until it is first saved. */
    sealed: Buffer | null;
    data_key: Buffer;
    key_id: string;
    created_at: Timestamp;
    updated_at: Timestamp;
  };
  run_events: {
    run_id: string;
    seq: GeneratedInt8;
    at: Timestamp;
    event: Json<unknown>;
  };
}

export type RunRow = Selectable<Tables["runs"]>;
