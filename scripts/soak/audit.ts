import { readdir } from "node:fs/promises";
import { sql } from "kysely";
import { processesOfGroup } from "../../src/browser/processes.ts";
import type { Outcome } from "../../src/outcome.ts";
import { chromiumGroups } from "./browsers.ts";
import type { Fault } from "./faults.ts";
import type { Ground } from "./ground.ts";
import { causes, type FaultName, type Kind, kinds } from "./kinds.ts";
import type { Submitted } from "./load.ts";
import { readVitals, type Vitals } from "./vitals.ts";

/** What a soak came to. */
export interface Audit {
  /** Every breach, in words; none in a soak that passed. */
  breaches: string[];
  figures: Record<string, number>;
  /** Runs by kind and by what they came to. */
  outcomes: Record<string, Record<string, number>>;
  faults: Partial<Record<FaultName, number>>;
  vitals: Vitals[];
  /** Runs that came to something else than they would have without faults. */
  touched: { runId: string; kind: string; outcome: Outcome }[];
}

interface RunFacts {
  id: string;
  status: string;
  outcome: Outcome | null;
  created_at: Date;
  ended_at: Date | null;
  attempts: number;
  started: number;
  /** How often its flow was begun: more than once in an attempt where the site ended the session in mid-flow. */
  begun: number;
  outcomes_told: number;
  deliveries: number;
  delivered: number;
}

/** A fault may show itself a while after it was made: a hold has to lapse, an attempt to be made again. */
const aftermathMs = 30_000;
const mostMbPerMinute = 10;
const mostMb = 500;

export async function audit(
  ground: Ground,
  { submitted, drained }: { submitted: readonly Submitted[]; drained: boolean },
  faults: readonly Fault[],
  stoppedClean: readonly boolean[],
): Promise<Audit> {
  const breaches: string[] = [];
  const check = (holds: boolean, breach: string) => {
    if (!holds) breaches.push(breach);
  };
  const { database } = await ground.parts.store();
  const { queue } = await ground.parts.queueing();
  const { rows } = await sql<RunFacts>`
    select id, status, outcome, created_at, ended_at, attempts,
      (select count(*)::int from run_events where run_id = runs.id and event ->> 'type' = 'started') as started,
      (select count(*)::int from run_events where run_id = runs.id and event ->> 'type' = 'step'
        and event ->> 'name' = 'begin' and event ->> 'status' = 'started') as begun,
      (select count(*)::int from run_events where run_id = runs.id and event ->> 'type' = 'outcome') as outcomes_told,
      (select count(*)::int from webhook_deliveries where run_id = runs.id) as deliveries,
      (select count(*)::int from webhook_deliveries where run_id = runs.id and status = 'delivered') as delivered
    from runs
  `.execute(database.kysely);
  const facts = new Map(rows.map((row) => [row.id, row]));
  check(drained, "not all runs ended in time");
  check(
    rows.length === submitted.length,
    `${submitted.length} runs were submitted, ${rows.length} are recorded`,
  );

  const outcomes: Audit["outcomes"] = {};
  const attemptsOf = Map.groupBy(ground.siteLog.attempts, ({ work }) => work);
  const touched: Audit["touched"] = [];
  let resultsKept = 0;
  for (const run of submitted) {
    const { work, kind, hasWebhook } = run;
    const name = `run ${work} (${kind}, ${run.runId})`;
    const fact = facts.get(run.runId);
    if (fact === undefined) {
      breaches.push(`${name} was lost`);
      continue;
    }
    const { outcome } = fact;
    const code = outcome === null ? "none" : outcome.status === "failed" ? outcome.code : "succeeded";
    const ofKind = (outcomes[kind] ??= {});
    ofKind[code] = (ofKind[code] ?? 0) + 1;
    if (outcome !== null && code !== kinds[kind].expected) touched.push({ runId: run.runId, kind, outcome });
    check(fact.ended_at !== null, `${name} has not ended: ${fact.status}`);
    check(fact.outcomes_told === 1, `${name} told ${fact.outcomes_told} outcomes`);
    check(!hasWebhook || fact.deliveries === 1, `${name} has ${fact.deliveries} reports`);
    check(!hasWebhook || fact.delivered === 1, `${name}: its report was not delivered`);

    const seen = attemptsOf.get(work) ?? [];
    check(
      seen.length <= fact.begun,
      `${name} was worked on ${seen.length} times, and begun ${fact.begun} times`,
    );
    const sessionsExpired = faults.some(
      ({ name: fault, from, to }) =>
        fault === "sessions expired" &&
        from <= (fact.ended_at?.getTime() ?? 0) &&
        to >= fact.created_at.getTime(),
    );
    check(
      fact.begun <= (sessionsExpired ? 2 : 1) * fact.started,
      `${name} was begun ${fact.begun} times in ${fact.started} attempts`,
    );
    check(
      seen.every(({ username }) => username === run.username),
      `${name} was worked on as somebody else`,
    );
    if (outcome?.status === "succeeded") {
      const result = outcome.result as { work?: number; as?: string; attempt?: string };
      const own = seen.find(({ attempt }) => attempt === result.attempt);
      check(
        result.work === work && run.username.startsWith(`${result.as}@`),
        `${name} has another run's result`,
      );
      check(own?.ended === true, `${name} succeeded with work the site has not seen ended`);
      resultsKept += 1;
    }
    if (outcome !== null && !fits(run, code, fact, faults)) {
      const message = outcome.status === "failed" ? `: ${outcome.message}` : "";
      breaches.push(`${name} came to ${code}, which nothing explains${message}`);
    }
  }

  for (const [one, other] of ground.siteLog.overlaps())
    breaches.push(`runs ${one.work} and ${other.work} were at work as ${one.username} at the same time`);

  const { passwordSubmits, passwordsRefused } = ground.site.counters;
  const started = rows.reduce((sum, row) => sum + row.started, 0);
  check(passwordsRefused === 0, `${passwordsRefused} passwords were refused by the site`);
  check(passwordSubmits <= started, `${passwordSubmits} passwords in ${started} attempts`);
  const { rows: identities } = await sql<{ name: string; status_reason: string }>`
    select name, status_reason from identities where status = 'failed'`.execute(database.kysely);
  const jumped = faults.some(({ name }) => name === "clock jumped");
  for (const { name, status_reason } of identities)
    check(jumped && status_reason === "invalid_one_time_code", `${name} was marked failed: ${status_reason}`);

  const { rows: held } = await sql<{ name: string }>`
    select name from leases where expires_at > now()`.execute(database.kysely);
  for (const { name } of held) breaches.push(`the lease ${name} was left`);
  const counts = await queue.counts();
  for (const state of ["active", "waiting", "delayed", "prioritized", "paused", "waiting-children"])
    check((counts[state] ?? 0) === 0, `${counts[state]} jobs were left ${state}`);
  stoppedClean.forEach((clean, index) => check(clean, `worker ${index} did not stop by itself when asked`));

  const groups = await chromiumGroups(ground.temporary);
  const browsers = (await Promise.all(groups.map(processesOfGroup))).flat().length;
  check(browsers === 0, `${browsers} processes of Chromium were left`);
  const folders = (await readdir(ground.temporary)).filter((name) => name.startsWith("latchkey-"));
  check(folders.length === 0, `${folders.length} folders were left: ${folders.join(", ")}`);

  const vitals = await readVitals(ground.vitals);
  for (const { pid, mbPerMinute, lastRssMb } of vitals) {
    check(
      (mbPerMinute ?? 0) <= mostMbPerMinute,
      `worker ${pid} grew by ${mbPerMinute?.toFixed(1)} MiB a minute`,
    );
    check(lastRssMb <= mostMb, `worker ${pid} took ${Math.round(lastRssMb)} MiB`);
  }

  return {
    breaches,
    figures: {
      runs: submitted.length,
      ended: rows.filter(({ ended_at }) => ended_at !== null).length,
      succeeded: resultsKept,
      attempts: started,
      logins: ground.site.counters.logins,
      passwordSubmits,
      passwordsRefused,
      workSeenBySite: ground.siteLog.attempts.length,
      workersStarted: ground.workers.reduce((sum, { generations }) => sum + generations.length, 0),
      reports: rows.reduce((sum, { delivered }) => sum + delivered, 0),
      faults: faults.length,
    },
    outcomes,
    faults: countBy(faults.map(({ name }) => name)),
    vitals,
    touched,
  };
}

/** Whether an outcome is what the run was to come to, or a truthful word for a fault made while it was there. */
function fits({ kind }: Submitted, code: string, fact: RunFacts, faults: readonly Fault[]): boolean {
  const { expected }: Kind = kinds[kind];
  if (code === expected) return true;
  // A cancel that comes after the end changes nothing.
  if (kind === "cancelled" && code === "succeeded") return true;
  // One that other workers could not start because all were down may have been cancelled or given up first.
  const possible = (causes as Record<string, readonly FaultName[]>)[code] ?? [];
  const [from, to] = [fact.created_at.getTime(), (fact.ended_at ?? new Date()).getTime()];
  return faults.some(
    (fault) => possible.includes(fault.name) && fault.from <= to && fault.to + aftermathMs >= from,
  );
}

function countBy<T extends string>(names: readonly T[]): Partial<Record<T, number>> {
  const counts: Partial<Record<T, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
