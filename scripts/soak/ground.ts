import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type PracticeSite, type PracticeUser, startPracticeSite } from "../../practice/site.ts";
import { readConfig } from "../../src/config.ts";
import type { Identity } from "../../src/identity/types.ts";
import { createLogger } from "../../src/log.ts";
import { openParts, type Parts } from "../../src/parts.ts";
import { createRedactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";
import { startRedis, type TestRedis } from "../../test/support/redis.ts";
import {
  type RestartablePostgres,
  startRestartablePostgres,
} from "../../test/support/restartable-postgres.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../../test/support/webhook-receiver.ts";
import type { SoakOptions } from "./options.ts";
import { createSiteLog, type SiteLog } from "./site-log.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";
import { startWorkerPlace, type WorkerPlace } from "./worker-processes.ts";

/** Everything a soak stands on. */
export interface Ground extends AsyncDisposable {
  readonly folder: string;
  /** Where the workers keep their browsers' profiles. */
  readonly temporary: string;
  readonly vitals: string;
  readonly site: PracticeSite;
  readonly siteLog: SiteLog;
  readonly receiver: WebhookReceiver;
  readonly postgres: RestartablePostgres;
  /** Undefined where the queue is on Postgres. */
  readonly redis: { restart(options: { keeping: boolean; awayMs: number }): Promise<void> } | undefined;
  /** Undefined where file systems cannot be mounted. */
  readonly disk: SmallDisk | undefined;
  readonly workers: readonly WorkerPlace[];
  /** This process's own parts, as a producer's. */
  readonly parts: Parts;
  readonly identities: readonly Identity[];
}

/** How long a dead worker's holds outlive it: shorter than in a real installation, for time's sake. */
const leaseTtlMs = 6_000;

export async function openGround(options: SoakOptions): Promise<Ground> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "latchkey-soak-"));
  if (!options.keep) opening.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o711);
  const [temporary, redisFolder] = [join(folder, "t"), join(folder, "redis")];
  await Promise.all([mkdir(temporary), mkdir(redisFolder)]);

  const siteLog = createSiteLog();
  const users = soakUsers(options.identities);
  const site = opening.use(await startPracticeSite({ users, options: { onVisit: siteLog.onVisit } }));
  const receiver = opening.use(await startWebhookReceiver());
  const postgres = opening.use(await startRestartablePostgres());
  const redis = options.backend === "redis" ? await openRedis(redisFolder) : undefined;
  if (redis !== undefined) opening.use(redis);
  const disk = await mountSmallDisk(join(folder, "artifacts"));
  if (disk !== undefined) opening.use(disk);

  const vitals = join(folder, "vitals.jsonl");
  const environment = {
    DATABASE_URL: postgres.url,
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    LATCHKEY_DATA_DIR: folder,
    LATCHKEY_ARTIFACTS_DIR: join(folder, "artifacts"),
    LATCHKEY_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
    LATCHKEY_FLOWS_DIR: resolve(import.meta.dirname, "flows"),
    LATCHKEY_CONCURRENCY: "3",
    LATCHKEY_LEASE_TTL_MS: String(leaseTtlMs),
    LATCHKEY_RETRY_DELAY_MS: "500",
    LATCHKEY_RUN_DEADLINE_MS: "60000",
    LATCHKEY_LOGIN_TIMEOUT_MS: "40000",
    LATCHKEY_SHUTDOWN_GRACE_MS: "5000",
    LATCHKEY_WEBHOOK_ALLOW: "127.0.0.1",
    LATCHKEY_LOG_LEVEL: "info",
    LATCHKEY_LOG_FORMAT: "json",
    LATCHKEY_SOAK_VITALS: vitals,
    TMPDIR: temporary,
  };
  const redactor = createRedactor();
  const destination = createWriteStream(join(folder, "producer.log"));
  const log = createLogger({ level: "info", format: "json", redactor, destination });
  const parts = opening.use(openParts({ config: readConfig(environment), log, redactor }));
  const identities: Identity[] = [];
  for (const user of users) identities.push(await addIdentity(parts, site.url, user));

  const workers = Array.from({ length: options.workers }, (_, index) =>
    startWorkerPlace({ index, folder, environment }),
  );
  opening.defer(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
  });
  const opened = opening.move();
  return {
    folder,
    temporary,
    vitals,
    site,
    siteLog,
    receiver,
    postgres,
    redis,
    disk,
    workers,
    parts,
    identities,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Every fourth is asked for a code too; one lasts ten seconds, so that a login need not wait long for the next. */
function soakUsers(count: number): [PracticeUser, ...PracticeUser[]] {
  const user = (index: number): PracticeUser => ({
    username: `person-${index}@larch.example`,
    password: `ash-birch-Cedar-${index}`,
    totpSecret: "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR",
    totpPeriodSeconds: 10,
    secondFactor: index % 4 === 3,
  });
  return [user(0), ...Array.from({ length: count - 1 }, (_, index) => user(index + 1))];
}

async function addIdentity(parts: Parts, siteUrl: string, user: PracticeUser): Promise<Identity> {
  const { identities } = await parts.store();
  return await identities.create(
    "default",
    {
      name: user.username.replace(/@.*/, ""),
      sourceUrl: `${siteUrl}/`,
      credentials: [
        {
          type: "username_password",
          username: new Secret(user.username),
          password: new Secret(user.password),
        },
        ...(user.secondFactor === false
          ? []
          : [
              {
                type: "authenticator" as const,
                secret: new Secret(user.totpSecret),
                periodSeconds: user.totpPeriodSeconds ?? 30,
              },
            ]),
      ],
    },
    { name: "soak" },
  );
}

async function openRedis(folder: string) {
  let redis: TestRedis = await startRedis(undefined, folder);
  return {
    url: redis.url,
    async restart({ keeping, awayMs }: { keeping: boolean; awayMs: number }) {
      const { port } = redis;
      await redis[Symbol.asyncDispose]();
      if (!keeping) await rm(join(folder, "appendonlydir"), { recursive: true, force: true });
      await new Promise((done) => setTimeout(done, awayMs));
      redis = await startRedis(port, folder);
    },
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}
