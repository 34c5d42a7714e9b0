import { z } from "zod";
import { isUuid } from "../../../identity/identity-input.ts";
import type { SessionFilter, SessionRecord } from "../../../session/types.ts";
import { defineRoute } from "../../define-route.ts";
import { timeSchema } from "../identities/identity.ts";
import { durationOf, sessionStatuses, sessionTag, statusesShownAs, statusOf } from "./session.ts";

/** Once, several times, or separated by commas. */
const tags = z.union([z.string(), z.array(z.string())]).optional();
const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional();
const filters = { tags, created_from: moment, created_to: moment };

const mostShown = 1_000;

export const sessionsStatus = defineRoute({
  method: "GET",
  url: "/v1/sessions/all/status",
  access: "read",
  tag: sessionTag,
  summary: "List the sessions that are not over",
  query: z.object(filters),
  responses: {
    200: z.object({
      data: z.object({
        count: z.int(),
        items: z.array(
          z.object({
            session_id: z.uuid(),
            status: z.enum(sessionStatuses),
            created_at: timeSchema,
            tags: z.array(z.string()),
          }),
        ),
      }),
    }),
  },
  async handler({ deps, query, caller: { project } }) {
    const { sessions, total } = await deps.sessions.list(project, {
      ...filterOf(query),
      statuses: ["starting", "authenticating", "running"],
      limit: mostShown,
    });
    const items = sessions.map((session) => ({
      session_id: session.id,
      status: statusOf(session),
      created_at: session.createdAt.toISOString(),
      tags: session.tags,
    }));
    return { status: 200, body: { data: { count: total, items } } };
  },
});

export const listSessions = defineRoute({
  method: "GET",
  url: "/v1/sessions",
  access: "read",
  tag: sessionTag,
  summary: "List sessions, page by page, those that are over included",
  query: z.object({
    ...filters,
    page: z.coerce.number().int().min(1).max(1_000_000).default(1),
    limit: z.coerce.number().int().min(1).max(100).default(10),
    sort_order: z.enum(["asc", "desc"]).default("asc").meta({ description: "By when they were made." }),
    status: z.enum(sessionStatuses).optional(),
    search: z.string().max(200).optional().meta({ description: "An id, or a whole tag." }),
  }),
  responses: {
    200: z.object({
      data: z.object({
        sessions: z.array(
          z.object({
            id: z.uuid(),
            status: z.enum(sessionStatuses),
            tags: z.array(z.string()),
            headless: z.boolean(),
            recording: z.boolean(),
            used_credits: z.number(),
            proxy_bytes: z.number(),
            proxy_type: z.string().nullable(),
            steps: z.int(),
            duration: z.int(),
            created_at: timeSchema,
            user_configuration: z.record(z.string(), z.unknown()),
          }),
        ),
        total: z.int(),
        page: z.int(),
        total_pages: z.int(),
      }),
    }),
  },
  async handler({ deps, query, caller: { project } }) {
    const { page, limit, search, status, sort_order } = query;
    const filter = filterOf(query);
    const { total, sessions } =
      search !== undefined && isUuid(search)
        ? await one(deps.sessions.get(project, search))
        : await deps.sessions.list(project, {
            ...filter,
            ...(search === undefined || search === "" ? {} : { tags: [...(filter.tags ?? []), search] }),
            ...(status === undefined ? {} : { statuses: statusesShownAs(status) }),
            newestFirst: sort_order === "desc",
            offset: (page - 1) * limit,
            limit,
          });
    return {
      status: 200,
      body: {
        data: {
          sessions: sessions.map(view),
          total,
          page,
          total_pages: Math.max(1, Math.ceil(total / limit)),
        },
      },
    };
  },
});

async function one(found: Promise<SessionRecord>): Promise<{ total: number; sessions: SessionRecord[] }> {
  const session = await found.catch(() => undefined);
  return session === undefined ? { total: 0, sessions: [] } : { total: 1, sessions: [session] };
}

function filterOf({
  tags: asked,
  created_from: from,
  created_to: to,
}: {
  tags?: string | string[] | undefined;
  created_from?: string | undefined;
  created_to?: string | undefined;
}): SessionFilter {
  const wanted = [asked ?? []].flat().flatMap((text) => text.split(",").filter((tag) => tag !== ""));
  return {
    ...(wanted.length === 0 ? {} : { tags: wanted }),
    ...(from === undefined ? {} : { createdFrom: new Date(from) }),
    ...(to === undefined ? {} : { createdTo: new Date(to) }),
  };
}

function view(session: SessionRecord) {
  const { configuration, recording, tags: given, createdAt, id } = session;
  const asked = configuration as {
    browser?: { headless?: { active?: boolean } };
    session?: { proxy?: Proxy };
  };
  return {
    id,
    status: statusOf(session),
    tags: given,
    headless: asked.browser?.headless?.active !== false,
    recording,
    used_credits: 0,
    proxy_bytes: 0,
    proxy_type: asked.session?.proxy?.active === true ? (asked.session.proxy.type ?? "anchor_proxy") : null,
    steps: 0,
    duration: durationOf(session),
    created_at: createdAt.toISOString(),
    user_configuration: configuration,
  };
}

interface Proxy {
  active?: boolean;
  type?: string;
}
