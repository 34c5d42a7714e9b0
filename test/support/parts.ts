import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { sql } from "kysely";
import { expect } from "vitest";
import type { PracticeUser } from "../../practice/accounts.ts";
import { readConfig } from "../../src/config.ts";
import type { Identity, NewCredential } from "../../src/identity/types.ts";
import { createLogger } from "../../src/log.ts";
import { createObservers } from "../../src/observe.ts";
import { openParts, type Parts } from "../../src/parts.ts";
import { createRedactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";
import { type ChromiumChoice, chromiumSetting } from "./chromium-choice.ts";
import { cloneDatabase } from "./postgres.ts";

/** A whole Latchkey process's parts, on a database of the test's own; closing it checks that nothing was left. */
export interface TestParts extends AsyncDisposable {
  readonly parts: Parts;
  /** The environment that a child process needs to stand on the same ground. */
  readonly environment: Record<string, string>;
  /** Every log line so far. */
  readonly logged: () => string;
  /** More processes' worth of parts on the same ground, closed with it. */
  another(): Parts;
}

export interface TestPartsOptions extends ChromiumChoice {
  redisUrl?: string;
  /** A Postgres to use as it is; a database of the test's own unless given. */
  databaseUrl?: string;
  settings?: Record<string, string>;
}

export async function openTestParts({
  redisUrl,
  databaseUrl,
  settings = {},
  wholeChromium = false,
}: TestPartsOptions = {}): Promise<TestParts> {
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-test-data-"));
  const cloned =
    databaseUrl === undefined
      ? await cloneDatabase()
      : { url: new Secret(databaseUrl), drop: () => Promise.resolve() };
  const environment: Record<string, string> = {
    DATABASE_URL: cloned.url.reveal(),
    LATCHKEY_DATA_DIR: dataDir,
    LATCHKEY_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
    LATCHKEY_LOG_LEVEL: "debug",
    LATCHKEY_LOG_FORMAT: "json",
    LATCHKEY_RETRY_DELAY_MS: "50",
    LATCHKEY_PORT: "0",
    // Each of them is a browser that a test would have to tell from one that was left behind.
    LATCHKEY_READY_SESSIONS: "0",
    CHROMIUM_PATH: chromiumSetting({ wholeChromium }),
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...settings,
  };
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const opened: Parts[] = [];
  const open = () => {
    const config = readConfig(environment);
    const redactor = createRedactor();
    const observers = createObservers();
    const log = createLogger({ level: config.logLevel, format: "json", redactor, destination, observers });
    const parts = openParts({ config, log, redactor, observers });
    opened.push(parts);
    return parts;
  };
  const parts = open();

  return {
    parts,
    environment,
    logged: () => lines.join(""),
    another: open,
    async [Symbol.asyncDispose]() {
      const left = await leftovers(parts);
      for (const part of opened.toReversed()) await part[Symbol.asyncDispose]();
      await cloned.drop();
      await rm(dataDir, { recursive: true, force: true });
      expect(left).toEqual({ leases: 0, running: 0 });
    },
  };
}

/** What a run must not leave: a hold that is still good, a run nobody ends. */
async function leftovers(parts: Parts): Promise<{ leases: number; running: number }> {
  const { database } = await parts.store();
  const { rows } = await sql<{ leases: number; running: number }>`
    select (select count(*)::int from leases where expires_at > now()) as leases,
           (select count(*)::int from runs where status in ('running', 'waiting_for_code')) as running
  `.execute(database.kysely);
  return rows[0] ?? { leases: 0, running: 0 };
}

/** An identity for one of the practice site's users. */
export async function addPracticeIdentity(
  parts: Parts,
  siteUrl: string,
  user: PracticeUser,
  overrides: { password?: string; totpSecret?: string; name?: string; maxSessions?: number } = {},
): Promise<Identity> {
  const { identities } = await parts.store();
  const credentials: NewCredential[] = [
    {
      type: "username_password",
      username: new Secret(user.username),
      password: new Secret(overrides.password ?? user.password),
    },
  ];
  if (user.secondFactor !== false) {
    credentials.push({
      type: "authenticator",
      secret: new Secret(overrides.totpSecret ?? user.totpSecret),
      ...(user.totpPeriodSeconds === undefined ? {} : { periodSeconds: user.totpPeriodSeconds }),
    });
  }
  return identities.create(
    "default",
    {
      sourceUrl: `${siteUrl}/`,
      credentials,
      ...(overrides.name === undefined ? {} : { name: overrides.name }),
      ...(overrides.maxSessions === undefined ? {} : { maxSessions: overrides.maxSessions }),
    },
    { name: "test" },
  );
}
