import { z } from "zod";
import { isUuid } from "../../../identity/identity-input.ts";
import { defineRoute } from "../../define-route.ts";
import { actorOf, answerWithAll, type IdentityCall, idParams, unkept } from "../identities/identity-call.ts";
import { asSeenBy } from "../identities/view-identity.ts";
import { many, one, pagingQuery, readPaging } from "../paging.ts";
import { noIdentity, undecodable } from "../refusal.ts";
import { endSession } from "./end-sessions.ts";
import { type FoundSession, findSession, findSessions } from "./find-sessions.ts";
import { offsetOf, pageHeaders } from "./session-paging.ts";
import { shownSessionSchema, viewSession } from "./view-session.ts";

export const sessionTag = "kratos: sessions";

const expand = many().meta({ description: "`identity` for each session's identity." });

export const listSessions = defineRoute({
  method: "GET",
  url: "/sessions",
  access: "read",
  tag: sessionTag,
  summary: "List the sessions of all identities",
  query: z.object({ ...pagingQuery, active: one(), expand }),
  responses: { 200: z.array(shownSessionSchema) },
  failures: ["invalid_argument"],
  async handler(call) {
    const { deps, query, caller } = call;
    const paging = readPaging(query);
    const isActive = activeOf(query.active);
    const { found, total } = await findSessions(deps, {
      project: caller.project,
      isActive,
      offset: offsetOf(paging),
      limit: paging.size,
    });
    const rest = Object.entries({ active: query.active }).filter(([, value]) => value !== "");
    return {
      status: 200,
      headers: { ...unkept, ...pageHeaders({ paging, path: "/admin/sessions", rest, total }) },
      body: await viewAll(call, found, query.expand.includes("identity")),
    };
  },
});

export const getSession = defineRoute({
  method: "GET",
  url: "/sessions/:id",
  access: "read",
  tag: sessionTag,
  summary: "Get a session",
  params: idParams,
  query: z.object({ expand }),
  responses: { 200: shownSessionSchema },
  failures: ["invalid_argument", "not_found"],
  async handler(call) {
    const found = await sessionById(call, call.params.id);
    const [body] = await viewAll(call, [found], call.query.expand.includes("identity"));
    if (body === undefined) throw noIdentity();
    return { status: 200, headers: unkept, body };
  },
});

export const disableSession = defineRoute({
  method: "DELETE",
  url: "/sessions/:id",
  access: "admin",
  tag: sessionTag,
  summary: "End a session, and keep nothing of it",
  params: idParams,
  responses: { 204: z.undefined() },
  failures: ["invalid_argument", "not_found"],
  async handler(call) {
    const found = await sessionById(call, call.params.id);
    await endSession(call.deps, found, { project: call.caller.project, actor: actorOf(call) });
    return { status: 204, body: undefined };
  },
});

export const extendSession = defineRoute({
  method: "PATCH",
  url: "/sessions/:id/extend",
  access: "admin",
  tag: sessionTag,
  summary: "Get a session, which ends when it was to end",
  description:
    "How long a browser is handed out for is said when it is asked for, and the site says how long a login is good for.",
  params: idParams,
  responses: { 200: shownSessionSchema },
  failures: ["invalid_argument", "not_found"],
  async handler(call) {
    const found = await sessionById(call, call.params.id);
    const [body] = await viewAll(call, [found], true);
    if (body === undefined) throw noIdentity();
    return { status: 200, body };
  },
});

/** @throws KratosRefusal 400, 404 */
async function sessionById(call: IdentityCall, id: string): Promise<FoundSession> {
  assertUuid(id);
  const found = await findSession(call.deps, { project: call.caller.project, id });
  if (found === undefined) throw noIdentity();
  return found;
}

/** @throws KratosRefusal 400 */
export function assertUuid(id: string): void {
  if (!isUuid(id)) throw undecodable(`uuid: incorrect UUID format in string ${JSON.stringify(id)}`);
}

/** Undefined for all. @throws KratosRefusal 400 */
export function activeOf(text: string): boolean | undefined {
  if (text === "") return undefined;
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw undecodable("could not parse parameter active");
}

/** In the words of Kratos, with whose they are. */
export async function viewAll(
  call: IdentityCall,
  found: readonly FoundSession[],
  isExpanded: boolean,
): Promise<z.input<typeof shownSessionSchema>[]> {
  const { identities } = call.deps;
  const ids = [...new Set(found.map(({ identityId }) => identityId))];
  const { items } =
    ids.length === 0 ? { items: [] } : await identities.page(call.caller.project, { ids, limit: ids.length });
  const known = new Map(items.map((identity) => [identity.id, identity]));
  const expanded = isExpanded ? await answerWithAll(call, items, { asked: [] }) : [];
  const shownBy = new Map(expanded.map((shown) => [shown.id, asSeenBy(call.caller, shown)]));
  return found.map((session) => {
    const shown = shownBy.get(session.identityId);
    return viewSession(session, {
      identity: known.get(session.identityId),
      ...(shown === undefined ? {} : { shown }),
    });
  });
}
