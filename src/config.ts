import { availableParallelism, homedir } from "node:os";
import { join, resolve } from "node:path";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { parseAllowedDestinations } from "./destinations.ts";
import { Failure } from "./failure.ts";
import { Secret } from "./secret.ts";

/** Where browser sessions can come from. */
export const providerNames = ["local", "cdp", "anchor"] as const;
export type ProviderName = (typeof providerNames)[number];

interface Setting<S extends z.ZodType = z.ZodType> {
  env: string;
  schema: S;
  /** One line for docs/settings.md. */
  doc: string;
  /** How the default reads in the docs, when it is not a constant. */
  defaultDoc?: string;
}

const setting = <S extends z.ZodType>(
  env: string,
  schema: S,
  doc: string,
  defaultDoc?: string,
): Setting<S> => ({
  env,
  schema,
  doc,
  ...(defaultDoc === undefined ? {} : { defaultDoc }),
});

const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));
const milliseconds = z.coerce.number().int().min(1);
const count = z.coerce.number().int().min(1);
const path = z
  .string()
  .min(1)
  .transform((value) => resolve(value));

/** Root keeps its data where the unprivileged user that Postgres must run as can reach it. */
function defaultDataDir(): string {
  if (process.getuid?.() === 0) return "/var/lib/latchkey";
  return join(process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "latchkey");
}

/** An address or range of addresses in CIDR notation, or one of the names proxies are given by. */
function isAddressRange(text: string): boolean {
  return (
    ["loopback", "linklocal", "uniquelocal"].includes(text) ||
    ipaddr.isValid(text) ||
    ipaddr.isValidCIDR(text)
  );
}

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  const { username, password, search, hash, pathname } = url;
  return [username, password, search, hash].every((part) => part === "") && !/\/v1\/?$/.test(pathname);
}

/** `https://host` or `http://host`, with or without a port. */
function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/**
 * Every setting there is. The type of `Config`, the reading of the environment and docs/settings.md come from
 * this table and from nowhere else.
 */
export const settings = {
  databaseUrl: setting(
    "DATABASE_URL",
    secret.optional(),
    "Postgres to use, as `postgres://user:password@host/database`.",
    "an embedded Postgres in the data folder",
  ),
  redisUrl: setting(
    "REDIS_URL",
    secret.optional(),
    "Redis for the queue, as `redis://host:6379`. The way past one machine.",
    "the queue lives in Postgres",
  ),
  dataDir: setting(
    "LATCHKEY_DATA_DIR",
    path.default(defaultDataDir),
    "Folder for the embedded Postgres, the generated master key and local artifacts.",
    "`/var/lib/latchkey` as root, else `$XDG_DATA_HOME/latchkey`",
  ),
  masterKey: setting(
    "LATCHKEY_MASTER_KEY",
    secret.optional(),
    "Key that wraps the identities' data keys: 32 bytes in base64 (`openssl rand -base64 32`).",
    "a file in the data folder, made on first start with mode 0600",
  ),
  previousMasterKeys: setting(
    "LATCHKEY_PREVIOUS_MASTER_KEYS",
    z
      .string()
      .default("")
      .transform((value) =>
        value
          .split(",")
          .map((key) => key.trim())
          .filter(Boolean)
          .map((key) => new Secret(key)),
      ),
    "Older master keys that may still open records, comma-separated, during `latchkey keys rotate`.",
  ),
  project: setting(
    "LATCHKEY_PROJECT",
    z.string().min(1).default("default"),
    "Project that commands and jobs without one belong to.",
  ),
  flowsDir: setting(
    "LATCHKEY_FLOWS_DIR",
    path.default(() => resolve("flows")),
    "Folder of flows and sites: `<site>/<flow>.ts`, `<site>/site.ts`.",
    "`./flows`",
  ),
  artifactsDir: setting(
    "LATCHKEY_ARTIFACTS_DIR",
    path.optional(),
    "Folder for screenshots, traces and downloads.",
    "`artifacts` in the data folder",
  ),
  concurrency: setting(
    "LATCHKEY_CONCURRENCY",
    count.default(() => Math.max(2, availableParallelism() * 2)),
    "Runs one worker works on at a time.",
    "twice the processors",
  ),
  queueName: setting(
    "LATCHKEY_QUEUE",
    z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .default("latchkey"),
    "Name of the BullMQ queue.",
  ),
  attempts: setting("LATCHKEY_ATTEMPTS", count.default(3), "Attempts of a run whose failure is retryable."),
  retryDelayMs: setting(
    "LATCHKEY_RETRY_DELAY_MS",
    milliseconds.default(5_000),
    "Pause before the second attempt, in milliseconds; doubles with each, with jitter.",
  ),
  runDeadlineMs: setting(
    "LATCHKEY_RUN_DEADLINE_MS",
    milliseconds.default(10 * 60_000),
    "Longest a run may take, in milliseconds, unless its job says otherwise.",
  ),
  loginTimeoutMs: setting(
    "LATCHKEY_LOGIN_TIMEOUT_MS",
    milliseconds.default(90_000),
    "Longest a login may take, in milliseconds.",
  ),
  codeTimeoutMs: setting(
    "LATCHKEY_CODE_TIMEOUT_MS",
    z.coerce
      .number()
      .int()
      .min(0)
      .max(3_600_000)
      .default(5 * 60_000),
    "How long a login may wait for a one-time code that comes another way, in milliseconds; 0 for not at all.",
  ),
  leaseTtlMs: setting(
    "LATCHKEY_LEASE_TTL_MS",
    milliseconds.default(30_000),
    "How long a dead worker's hold on a run or an identity outlives it, in milliseconds.",
  ),
  shutdownGraceMs: setting(
    "LATCHKEY_SHUTDOWN_GRACE_MS",
    milliseconds.default(25_000),
    "How long runs in flight may go on after SIGTERM, in milliseconds, before they go back to the queue.",
  ),
  webhookAllow: setting(
    "LATCHKEY_WEBHOOK_ALLOW",
    z
      .string()
      .default("")
      .transform((value, context) => {
        const parsed = parseAllowedDestinations(value);
        if (parsed !== undefined) return parsed;
        context.addIssue("Not a list of hosts, addresses and CIDR ranges");
        return z.NEVER;
      }),
    "Hosts (`hooks.internal`, `*.internal`, `*`), addresses and CIDR ranges that webhooks may go to although they are not public, comma-separated. Listed hosts may be spoken to without TLS.",
    "none: public addresses only, https only",
  ),
  provider: setting(
    "LATCHKEY_PROVIDER",
    z.enum(providerNames).default("local"),
    "Where browser sessions come from, unless the job or the identity says otherwise; docs/providers.md.",
  ),
  cdpUrl: setting(
    "LATCHKEY_CDP_URL",
    secret.optional(),
    "CDP endpoint of the `cdp` provider: `http://host:9222` or `ws://…`. May hold a key, so it is treated as a secret.",
    "none",
  ),
  anchorApiKey: setting(
    "ANCHORBROWSER_API_KEY",
    secret.optional(),
    "API key that the `anchor` provider is asked with.",
    "`ANCHOR_API_KEY`",
  ),
  anchorApiKeyAlias: setting(
    "ANCHOR_API_KEY",
    secret.optional(),
    "The same, by the name that Anchor's own pages use too.",
    "none",
  ),
  anchorBaseUrl: setting(
    "ANCHORBROWSER_BASE_URL",
    z
      .url({ protocol: /^https?$/, error: "is not an http or https URL" })
      .refine(isBaseUrl, "holds a user, a query or `/v1`: name the server alone")
      .default("https://api.anchorbrowser.io"),
    "Server of the `anchor` provider: Anchor's cloud, another Latchkey, or anything else that speaks Anchor's API.",
  ),
  anchorProxy: setting(
    "LATCHKEY_ANCHOR_PROXY",
    z
      .string()
      .regex(/^(?:off|on|[a-z]{2})$/, "is not `off`, `on` or a country's two letters")
      .default("off"),
    "Proxy of the `anchor` provider's own for its sessions: `off`, `on`, or a country as `us`. An identity's proxy comes first.",
  ),
  anchorCaptchaSolver: setting(
    "LATCHKEY_ANCHOR_CAPTCHA_SOLVER",
    z.stringbool().default(false),
    "Whether the `anchor` provider's sessions solve CAPTCHAs. They do so behind a proxy only.",
  ),
  anchorStealth: setting(
    "LATCHKEY_ANCHOR_STEALTH",
    z.stringbool().default(false),
    "Whether the `anchor` provider's sessions are made to look less like automation. Only behind its own proxy.",
  ),
  apiKey: setting(
    "LATCHKEY_API_KEY",
    secret.optional(),
    "API key of scope admin that `latchkey run --remote` brings to another machine's service.",
    "none",
  ),
  chromiumPath: setting(
    "CHROMIUM_PATH",
    path.optional(),
    "Chromium to start.",
    "a Playwright-managed one, else the system's",
  ),
  chromiumSandbox: setting(
    "LATCHKEY_CHROMIUM_SANDBOX",
    z.enum(["auto", "on", "off"]).default("auto"),
    "Chromium's own sandbox; `auto` turns it off only where it cannot work (as root, or without user namespaces).",
  ),
  recycleContexts: setting(
    "LATCHKEY_RECYCLE_CONTEXTS",
    count.default(200),
    "Contexts after which the warm Chromium is replaced.",
  ),
  recycleMemoryMb: setting(
    "LATCHKEY_RECYCLE_MEMORY_MB",
    count.default(2_048),
    "Memory of the warm Chromium's processes, in MiB, above which it is replaced.",
  ),
  spareSession: setting(
    "LATCHKEY_SPARE_SESSION",
    z.stringbool().default(true),
    "Whether a worker keeps one empty session open for its next run: some 100 ms faster, some 100 MiB more.",
  ),
  readySessions: setting(
    "LATCHKEY_READY_SESSIONS",
    z.coerce.number().int().min(0).max(100).default(1),
    "Browsers the server keeps started for the sessions it will hand out, from the first one on: some 400 ms faster, some 150 MiB more each.",
  ),
  mostSessions: setting(
    "LATCHKEY_MOST_SESSIONS",
    count.default(10),
    "Sessions a server hands out at a time; each is a Chromium of its own.",
  ),
  host: setting("LATCHKEY_HOST", z.string().min(1).default("127.0.0.1"), "Address the server listens on."),
  port: setting(
    "LATCHKEY_PORT",
    z.coerce.number().int().min(0).max(65_535).default(4_190),
    "Port the server listens on; 0 takes a free one.",
  ),
  publicUrl: setting(
    "LATCHKEY_PUBLIC_URL",
    z
      .url({ protocol: /^https?$/, error: "is not an http or https URL" })
      .refine((url) => URL.parse(url)?.origin === url.replace(/\/$/, ""), { error: "has more than a host" })
      .optional(),
    "Where clients reach the server, as `https://latchkey.example.com`: for the addresses in its answers.",
    "as each request came, `X-Forwarded-Host` and `-Proto` of trusted proxies included",
  ),
  requestsPerMinute: setting(
    "LATCHKEY_REQUESTS_PER_MINUTE",
    count.default(6_000),
    "Requests an API key may make per minute, of each server process.",
  ),
  trustProxy: setting(
    "LATCHKEY_TRUST_PROXY",
    z
      .string()
      .optional()
      .transform((text) => text?.split(",").map((part) => part.trim()))
      .refine((parts) => parts?.every(isAddressRange) ?? true, {
        error: "name addresses, as `10.0.0.0/8`, or `loopback`, `linklocal`, `uniquelocal`",
      }),
    "Reverse proxies whose `X-Forwarded-For` is believed, comma-separated: `loopback, 10.0.0.0/8`.",
    "none",
  ),
  credentialsRoute: setting(
    "LATCHKEY_CREDENTIALS_ROUTE",
    z.enum(["admin", "credentials", "off"]).default("admin"),
    "Who may read stored credentials over HTTP (`GET /v1/identities/:id/credentials`): keys of scope `admin` and above, those of scope `credentials` alone, or nobody.",
  ),
  internalUrl: setting(
    "LATCHKEY_INTERNAL_URL",
    z.url({ protocol: /^https?$/ }).optional(),
    "Where workers reach this server, as `http://server:4190`: they connect to it when somebody looks at a run.",
    "the address the server listens on; this machine's name where that is all of them",
  ),
  liveFrameAncestors: setting(
    "LATCHKEY_LIVE_FRAME_ANCESTORS",
    z
      .string()
      .default("")
      .transform((text) => text.split(/[\s,]+/).filter(Boolean))
      .refine((origins) => origins.every(isOrigin), {
        error: "name origins, as `https://app.example.com`",
      }),
    "Origins whose pages may show the live view in a frame, comma-separated: `https://app.example.com`.",
    "none: the server's own only",
  ),
  artifactLinkMs: setting(
    "LATCHKEY_ARTIFACT_LINK_MS",
    milliseconds.default(3_600_000),
    "How long the signed links to a run's files are good, in milliseconds.",
  ),
  metricsPort: setting(
    "LATCHKEY_METRICS_PORT",
    z.coerce.number().int().min(0).max(65_535).optional(),
    "Port at which every process of the service, workers too, answers `/metrics`, `/live` and `/ready`.",
    "none: the server answers `/metrics` at its own port, a worker alone does not",
  ),
  metricsToken: setting(
    "LATCHKEY_METRICS_TOKEN",
    secret.optional(),
    "What Prometheus has to bring as `Authorization: Bearer …`.",
    "none: `/metrics` answers this machine only",
  ),
  otlpEndpoint: setting(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    z.url({ protocol: /^https?$/ }).optional(),
    "OpenTelemetry collector that traces are sent to, by OTLP over HTTP, as `http://collector:4318`.",
    "none: nothing is traced",
  ),
  otlpHeaders: setting(
    "OTEL_EXPORTER_OTLP_HEADERS",
    secret.optional(),
    "Headers for the collector, as `name=value,name=value`, percent-encoded.",
    "none",
  ),
  otelServiceName: setting(
    "OTEL_SERVICE_NAME",
    z.string().min(1).default("latchkey"),
    "Name of this service in traces.",
  ),
  otelResourceAttributes: setting(
    "OTEL_RESOURCE_ATTRIBUTES",
    z.string().default(""),
    "More about this service for traces, as `deployment.environment.name=staging,…`.",
    "none",
  ),
  logLevel: setting(
    "LATCHKEY_LOG_LEVEL",
    z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
    "Least level that is logged. Commands that are no service log from `error` unless this is set.",
  ),
  logFormat: setting(
    "LATCHKEY_LOG_FORMAT",
    z.enum(["auto", "json", "pretty"]).default("auto"),
    "`auto`: readable in a terminal, JSON lines elsewhere.",
  ),
} satisfies Record<string, Setting>;

/** The settings as the program uses them: checked, typed, frozen. */
export type Config = { readonly [K in keyof typeof settings]: z.output<(typeof settings)[K]["schema"]> };

/**
 * Reads the settings from an environment (`process.env`), all faults at once.
 * An empty variable counts as unset, as compose files write it.
 * @throws Failure `invalid_config` listing each faulty variable, never its value.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const entries = Object.entries(settings).map(([name, { env, schema }]) => {
    const raw = environment[env];
    const parsed = schema.safeParse(raw === "" ? undefined : raw);
    if (!parsed.success)
      faults.push(`${env}: ${parsed.error.issues.map((issue) => issue.message).join("; ")}`);
    return [name, parsed.data];
  });
  if (faults.length > 0)
    throw new Failure("invalid_config", `Settings are not usable.\n  ${faults.join("\n  ")}`);
  return Object.freeze(Object.fromEntries(entries)) as Config;
}
