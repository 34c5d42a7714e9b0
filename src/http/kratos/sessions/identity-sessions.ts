import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { actorOf, idParams, unkept } from "../identities/identity-call.ts";
import { one, pagingQuery, readPaging } from "../paging.ts";
import { noIdentity } from "../refusal.ts";
import { endSessionsOf } from "./end-sessions.ts";
import { findSessions } from "./find-sessions.ts";
import { offsetOf, pageHeaders } from "./session-paging.ts";
import { activeOf, assertUuid, sessionTag, viewAll } from "./sessions.ts";
import { shownSessionSchema } from "./view-session.ts";

export const listIdentitySessions = defineRoute({
  method: "GET",
  url: "/identities/:id/sessions",
  access: "read",
  tag: sessionTag,
  summary:
    "List an identity's sessions: the browsers it is signed in to, and that it is signed in for its next run",
  params: idParams,
  query: z.object({ ...pagingQuery, active: one() }),
  responses: { 200: z.array(shownSessionSchema) },
  failures: ["invalid_argument"],
  async handler(call) {
    const { deps, query, params, caller } = call;
    assertUuid(params.id);
    const identityId = params.id.toLowerCase();
    const paging = readPaging(query);
    const { found, total } = await findSessions(deps, {
      project: caller.project,
      identityId,
      isActive: activeOf(query.active),
      offset: offsetOf(paging),
      limit: paging.size,
    });
    const rest = Object.entries({ active: query.active }).filter(([, value]) => value !== "");
    const path = `/admin/identities/${identityId}/sessions`;
    return {
      status: 200,
      headers: { ...unkept, ...pageHeaders({ paging, path, rest, total }) },
      body: await viewAll(call, found, true),
    };
  },
});

export const deleteIdentitySessions = defineRoute({
  method: "DELETE",
  url: "/identities/:id/sessions",
  access: "admin",
  tag: sessionTag,
  summary: "End an identity's sessions: its browsers close, and its saved state is forgotten",
  params: idParams,
  responses: { 204: z.undefined() },
  failures: ["invalid_argument", "not_found"],
  async handler(call) {
    const { deps, params } = call;
    const { project } = call.caller;
    assertUuid(params.id);
    // What belongs to another project is not there.
    const { items } = await deps.identities.page(project, { ids: [params.id], limit: 1 });
    const [identity] = items;
    if (identity === undefined) throw noIdentity();
    const ended = await endSessionsOf(deps, { project, identityId: identity.id, actor: actorOf(call) });
    if (ended === 0) throw noIdentity();
    return { status: 204, body: undefined };
  },
});
