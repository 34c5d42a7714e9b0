import { randomUUID } from "node:crypto";
import { availableParallelism, cpus } from "node:os";
import { Pool } from "undici";
import { percentile } from "./support/figures.ts";
import { openGround } from "./support/ground.ts";
import { startServer } from "./support/server.ts";
import { writeSection } from "./support/write-section.ts";

const pairs = 400;
const many = 10_000;
const perBatch = 1_000;
const perPage = 250;
const rounds = 5;
/** Pages that are compared, at either end. */
const atEnds = 5;

/**
 * What creating an identity over HTTP costs beside the rows alone, and whether its lists grow slower: `POST
 * /admin/identities` and a bare insert of the same rows, in turns; then 10,000 identities listed page by page.
 */
await using ground = await openGround({}, []);
const { apiKeys, database } = await ground.parts.store();
const { key } = await apiKeys.add("default", { scope: "admin" }, { name: "bench" });
await using server = await startServer(ground.environment);
await using pool = Object.assign(new Pool(server.url, { connections: 1 }), {
  [Symbol.asyncDispose]: () => pool.close(),
});

async function ask(method: "GET" | "POST" | "PATCH", path: string, body?: object) {
  const response = await pool.request({
    method,
    path,
    headers: { authorization: `Bearer ${key.reveal()}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.body.text();
  if (response.statusCode >= 300)
    throw new Error(`${method} ${path} answered ${response.statusCode}: ${text}`);
  return { headers: response.headers, text };
}

const identityOf = (email: string) => ({ schema_id: "preset://email", traits: { email } });
const freshEmail = () => `${randomUUID()}@example.org`;

const { id: sample } = JSON.parse(
  (await ask("POST", "/admin/identities", identityOf(freshEmail()))).text,
) as {
  id: string;
};
const { application_id: application } = await database.kysely
  .selectFrom("identities")
  .select("application_id")
  .where("id", "=", sample)
  .executeTakeFirstOrThrow();

/** The rows that an identity is, as somebody would write them who needed nothing else. */
async function insertBare(): Promise<void> {
  const id = randomUUID();
  const value = freshEmail();
  const owner = { application_id: application ?? "", identity_id: id };
  await database.kysely.transaction().execute(async (trx) => {
    await trx
      .insertInto("identities")
      .values({
        id,
        project: "default",
        name: value,
        application_id: application,
        allowed_domains: "[]",
        traits: JSON.stringify({ email: value }),
        login_name: value,
        status: "pending",
        data_key: Buffer.alloc(60),
        key_id: "bench",
      })
      .execute();
    await trx
      .insertInto("identity_identifiers")
      .values({ ...owner, kind: "password", value })
      .execute();
    await trx
      .insertInto("identity_addresses")
      .values(
        (["verification", "recovery"] as const).map((purpose) => ({
          id: randomUUID(),
          ...owner,
          purpose,
          via: "email" as const,
          value,
          verified: false,
          status: "pending" as const,
        })),
      )
      .execute();
  });
}

const timed = async (work: () => Promise<unknown>) => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

const post = () => ask("POST", "/admin/identities", identityOf(freshEmail()));
for (let count = 0; count < 100; count += 1) await Promise.all([post(), insertBare()]);
const posts: number[] = [];
const bare: number[] = [];
for (let count = 0; count < pairs; count += 1) {
  posts.push(await timed(post));
  bare.push(await timed(insertBare));
}

const batches: number[] = [];
for (let made = 0; made < many; made += perBatch) {
  const identities = Array.from({ length: perBatch }, () => ({ create: identityOf(freshEmail()) }));
  batches.push(await timed(() => ask("PATCH", "/admin/identities", { identities })));
}

/** How long each page took, from the first to the last. */
async function listAll(): Promise<number[]> {
  const times: number[] = [];
  let next: string | undefined = `/admin/identities?page_size=${perPage}`;
  while (next !== undefined) {
    const path: string = next;
    let link = "";
    times.push(
      await timed(async () => {
        link = String((await ask("GET", path)).headers["link"]);
      }),
    );
    next = /<(?<path>[^>]+)>; rel="next"/.exec(link)?.groups?.["path"];
  }
  // The last page has whatever is left: it is no measure.
  return times.slice(0, -1);
}

await listAll();
const first: number[] = [];
const last: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const times = await listAll();
  first.push(...times.slice(0, atEnds));
  last.push(...times.slice(-atEnds));
}

const ms = (times: readonly number[], at = 0.5) => `${percentile(times, at).toFixed(1)} ms`;
const ratio = (a: readonly number[], b: readonly number[]) => (percentile(a) / percentile(b)).toFixed(2);
const table = [
  `Measured on ${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? "unknown"}), Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.`,
  "",
  "| what | Latchkey | beside | ratio | how |",
  "|---|---:|---:|---:|---|",
  `| an identity created, \`POST /admin/identities\` (p50 / p95) | ${ms(posts)} / ${ms(posts, 0.95)} | ${ms(bare)} / ${ms(bare, 0.95)} | ${ratio(posts, bare)} | beside a bare insert of its rows in one transaction; ${pairs} pairs in turns, over one connection |`,
  `| identities created by \`PATCH /admin/identities\`, per second | ${((perBatch * 1_000) / percentile(batches)).toFixed(0)} | – | – | ${perBatch} in a batch, median of ${batches.length} |`,
  `| a page of ${perPage} of more than ${many.toLocaleString("en")} identities, the last ${atEnds} pages | ${ms(last)} | ${ms(first)} | ${ratio(last, first)} | beside the first ${atEnds} pages; median of ${rounds} rounds |`,
].join("\n");
console.log(table);
await writeSection("identities", table);
