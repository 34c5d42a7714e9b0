import { Pool } from "undici";
import { type Figure, percentile } from "./support/figures.ts";
import type { Ground } from "./support/ground.ts";
import { startServer } from "./support/server.ts";

const clients = 64;
const perRound = 3_000;
const rounds = 3;

/**
 * (e) Runs submitted per second over HTTP, by 64 clients to a server in a process of its own, against a bare
 * `queue.add` of the same job, 64 at a time, in turns. The server's side includes the key, the checks of body and
 * input, the identity, the run's row and its first event.
 */
export async function submitOverHttp(ground: Ground, backend: string): Promise<Figure[]> {
  const { apiKeys } = await ground.parts.store();
  const { backend: queues } = await ground.parts.queueing();
  const { key } = await apiKeys.add("default", { scope: "submit" }, { name: "bench" });
  const identity = await ground.addIdentity(`submit-${backend}`);
  const job = { flow: "bench/read-statements", identityId: identity.id };
  const queue = queues.queue("bench-bare");
  await using server = await startServer(ground.environment);
  await using pool = Object.assign(new Pool(server.url, { connections: clients }), {
    [Symbol.asyncDispose]: () => pool.close(),
  });
  const post = async () => {
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: "/v1/runs",
      headers: { authorization: `Bearer ${key.reveal()}`, "content-type": "application/json" },
      body: JSON.stringify(job),
    });
    await body.dump();
    if (statusCode !== 202) throw new Error(`POST /v1/runs answered ${statusCode}.`);
  };
  const add = () => queue.add("run", { ...job, project: "default", trace: false }, { attempts: 3 });

  await Promise.all([perSecond(post), perSecond(add)]);
  const posts: number[] = [];
  const adds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    adds.push(await perSecond(add));
    posts.push(await perSecond(post));
  }
  await queue.close();
  return [
    {
      what: `runs submitted per second over HTTP, queue on ${backend}`,
      latchkey: percentile(posts).toFixed(0),
      bare: percentile(adds).toFixed(0),
      ratio: percentile(posts.map((one, index) => one / (adds[index] ?? Number.NaN))),
      note: `beside a bare \`queue.add\`; ${clients} at a time, median of ${rounds} rounds of ${perRound}, in turns; more is better`,
    },
  ];
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let left = perRound;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (left > 0) {
        left -= 1;
        await work();
      }
    }),
  );
  return (perRound * 1_000) / (performance.now() - startedAt);
}
