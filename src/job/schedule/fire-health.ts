import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { toFailure } from "../../failure.ts";
import { checkHealthFlowName } from "../catalogue/check-health-flow.ts";
import { runIdOfFire } from "../record/run-id.ts";
import { sessionLease } from "../run/claim-identity.ts";
import { type SubmitDeps, submitRun } from "../submit.ts";
import type { Schedule } from "./schedule-rows.ts";
import { drawUpTo } from "./timing.ts";

/** BullMQ takes jobs with a priority after those without: a check never holds up work. */
const afterAllWork = 1_000;

/** What a health check's time came to: how many are looked at, how many are not, and why. */
export interface HealthFire {
  runs: number;
  /** In a few words. */
  reason: string;
}

/**
 * Makes a run of the built-in health check for every identity of the application, or of the project, spread over the
 * schedule's jitter. Left out are those that a run works as right now — it will tell —, those whose last check has not
 * ended, those whose credentials the site has refused, and those that are not to be looked at.
 * @throws Failure where the database or the queue did not answer
 */
export async function fireHealth(deps: SubmitDeps, schedule: Schedule, fireAt: number): Promise<HealthFire> {
  const counts = { looked: 0, busy: 0, failed: 0, refused: 0 };
  for (const identity of await identitiesOf(deps.db, schedule)) {
    if (identity.failed) counts.failed += 1;
    else if (identity.busy) counts.busy += 1;
    else if (await submitLook(deps, { schedule, fireAt, ...identity })) counts.looked += 1;
    else counts.refused += 1;
  }
  const { looked, busy, failed, refused } = counts;
  const parts = [`${looked} looked at`];
  if (busy > 0) parts.push(`${busy} at work`);
  if (failed > 0) parts.push(`${failed} refused by the site before`);
  if (refused > 0) parts.push(`${refused} gone meanwhile`);
  return { runs: looked, reason: `${parts.join(", ")}.` };
}

async function submitLook(
  deps: SubmitDeps,
  { schedule, fireAt, id: identityId, mailbox }: { schedule: Schedule; fireAt: number } & ToLookAt,
): Promise<boolean> {
  const { id, project, jitterMs, options } = schedule;
  try {
    await submitRun(
      deps,
      {
        runId: runIdOfFire({ scheduleId: id, fireAt, identityId }),
        project,
        flow: checkHealthFlowName,
        identityId,
        scheduleId: id,
        // Nobody is there to hand a code in; a mailbox is read as ever.
        ...(mailbox ? {} : { codeTimeoutMs: 0 }),
        input: { reauthenticate: options.reauthenticate ?? true },
      },
      { attempts: 1, priority: afterAllWork, delayMs: drawUpTo(jitterMs, `${identityId}\n${fireAt}`) },
    );
    return true;
  } catch (error) {
    const failure = toFailure(error);
    if (failure.retryable) throw failure;
    return false;
  }
}

interface ToLookAt {
  id: string;
  failed: boolean;
  busy: boolean;
  mailbox: boolean;
}

async function identitiesOf(
  db: Kysely<Tables>,
  { id, project, applicationId }: Schedule,
): Promise<ToLookAt[]> {
  let query = db
    .selectFrom("identities as i")
    .leftJoin("applications as a", "a.id", "i.application_id")
    .select([
      "i.id",
      sql<boolean>`i.status = 'failed'`.as("failed"),
      sql<boolean>`
        exists (select from leases l where l.name = ${sessionLease("")} || i.id::text and l.expires_at > now())
        or exists (
          select from runs r where r.identity_id = i.id::text and r.ended_at is null
          and (r.status in ('running', 'waiting_for_code') or r.schedule_id = ${id})
        )
      `.as("busy"),
      sql<boolean>`
        exists (select from credentials c where c.identity_id = i.id and c.type = 'mailbox')
      `.as("mailbox"),
    ])
    .where("i.project", "=", project)
    .where("i.health_checks", "=", true)
    .where("i.visit_id", "is", null)
    .where("i.state", "=", "active")
    // There has to be somewhere to look.
    .where((eb) => eb(eb.fn.coalesce("i.source_url", "a.url"), "is not", null))
    .orderBy("i.id");
  if (applicationId !== null) query = query.where("i.application_id", "=", applicationId);
  return await query.execute();
}
