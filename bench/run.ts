import { availableParallelism, cpus, totalmem } from "node:os";
import { startRedis } from "../test/support/redis.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { pickup } from "./pickup.ts";
import { sessions } from "./session.ts";
import { submitOverHttp } from "./submit.ts";
import { type Figure } from "./support/figures.ts";
import { openGround } from "./support/ground.ts";
import { writeSection } from "./support/write-section.ts";
import { throughput } from "./throughput.ts";

/** Runs every benchmark and writes the figures, with the machine's size, into README.md. */
const figures: Figure[] = [];
{
  await using ground = await openGround();
  figures.push(
    ...(await latency(ground, "page made ahead")),
    ...(await throughput(ground)),
    ...(await pickup(ground, "postgres")),
    ...(await memory(ground)),
  );
}
{
  await using ground = await openGround({ LATCHKEY_SPARE_SESSION: "off" });
  figures.push(...(await latency(ground, "page made in the run")));
}
{
  await using redis = await startRedis();
  await using ground = await openGround({ REDIS_URL: redis.url });
  figures.push(...(await pickup(ground, "redis")));
}
{
  await using ground = await openGround();
  figures.push(...(await sessions(ground)));
}
// Nobody works on what is submitted: a worker would take the processors away from both sides.
{
  await using ground = await openGround({}, []);
  figures.push(...(await submitOverHttp(ground, "postgres")));
}
{
  await using redis = await startRedis();
  await using ground = await openGround({ REDIS_URL: redis.url }, []);
  figures.push(...(await submitOverHttp(ground, "redis")));
}

const machine = `${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.versions.node}`;
const table = [
  `Measured on ${machine}, ${new Date().toISOString().slice(0, 10)}.`,
  "",
  "| what | Latchkey | bare Playwright | ratio | how |",
  "|---|---:|---:|---:|---|",
  ...figures.map(
    ({ what, latchkey, bare, ratio, note }) =>
      `| ${what} | ${latchkey} | ${bare} | ${ratio?.toFixed(2) ?? "–"} | ${note} |`,
  ),
].join("\n");
console.log(table);
await writeSection("figures", table);
