import { z } from "zod";
import { isUuid } from "../../../identity/identity-input.ts";
import { forgetState } from "../../../identity/states/forget-state.ts";
import { listSavedStates } from "../../../identity/states/list-saved-states.ts";
import type { Actor } from "../../../identity/types.ts";
import { defineRoute } from "../../define-route.ts";
import type { HttpDeps } from "../../deps.ts";
import { list, strict, text } from "../decode.ts";
import { actorOf } from "../identities/identity-call.ts";
import { badRequest, undecodable } from "../refusal.ts";
import { endSession, endSessionsOf } from "./end-sessions.ts";
import { activeStatuses, findSession } from "./find-sessions.ts";
import { sessionTag } from "./sessions.ts";

const most = 500;

export const manageSessions = defineRoute({
  method: "POST",
  url: "/sessions",
  access: "admin",
  tag: sessionTag,
  summary: "End many sessions: of these ids, of these identities, or of all",
  description: `\`{"action": "disable", "identities": ["*"]}\` ends ${most} at a time, and says whether there are more.`,
  body: strict({ action: text(), identities: list(text()), sessions: list(text()) }).nullish(),
  responses: { 200: z.object({ processed: z.int(), more: z.boolean() }) },
  failures: ["invalid_argument"],
  async handler(call) {
    const { deps, body } = call;
    const ending = { project: call.caller.project, actor: actorOf(call) };
    const { project } = ending;
    if (body == null) throw undecodable("EOF");
    const { action, identities, sessions } = body;
    if (action !== "disable" && action !== "delete")
      throw badRequest("The action has to be `disable` or `delete`.");
    if ((identities.length === 0) === (sessions.length === 0))
      throw badRequest("Give either `identities` or `sessions`.");
    if (identities.length > most || sessions.length > most)
      throw badRequest(`The maximum number of ids of one request is ${most}.`);
    if (identities.join() === "*") return { status: 200, body: await endAll(deps, ending) };
    if (![...identities, ...sessions].every(isUuid)) throw badRequest("Ids have to be UUIDs.");
    let processed = 0;
    const { items } = await deps.identities.page(project, { ids: identities, limit: most });
    for (const { id } of items) processed += await endSessionsOf(deps, { ...ending, identityId: id });
    for (const id of sessions) {
      const found = await findSession(deps, { project, id });
      if (found === undefined || (found.kind === "browser" && found.record.endedAt !== null)) continue;
      await endSession(deps, found, ending);
      processed += 1;
    }
    return { status: 200, body: { processed, more: false } };
  },
});

async function endAll(
  deps: HttpDeps,
  { project, actor }: { project: string; actor: Actor },
): Promise<{ processed: number; more: boolean }> {
  const { sessions } = await deps.sessions.list(project, {
    statuses: activeStatuses,
    hasIdentity: true,
    limit: most,
  });
  for (const { id } of sessions) await deps.sessions.end(project, id, { saveState: false });
  const states = await listSavedStates(deps.database.kysely, { project, limit: most - sessions.length });
  for (const { identityId } of states)
    await forgetState(deps.database.kysely, { project, identityId, actor });
  const processed = sessions.length + states.length;
  return { processed, more: processed === most };
}
