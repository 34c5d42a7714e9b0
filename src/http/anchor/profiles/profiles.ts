import { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { Profile } from "../../../session/profiles.ts";
import { defineRoute } from "../../define-route.ts";
import { timeSchema } from "../identities/identity.ts";
import { done, doneSchema } from "../sessions/session.ts";

const tag = "anchor: profiles";
const params = z.object({ name: z.string().min(1).max(500) });

const profileSchema = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    source: z.string().nullable(),
    session_id: z.uuid().nullable(),
    status: z.enum(["pending", "ready"]).meta({ description: "`ready` once a session has written it." }),
    created_at: timeSchema,
  })
  .meta({ id: "AnchorProfile" });

export const createProfile = defineRoute({
  method: "POST",
  url: "/v1/profiles",
  access: "admin",
  tag,
  summary: "Make a profile: a browser's state by a name, which a session writes when it ends",
  body: z
    .object({
      name: z.string().min(1).max(100),
      description: z.string().max(2_000).nullish(),
      source: z.literal("session").nullish(),
      session_id: z.string().nullish(),
      dedicated_sticky_ip: z.boolean().nullish(),
    })
    .refine(({ source, session_id: id }) => source == null || id != null, {
      error: "session_id is required when source is session",
    }),
  responses: { 200: doneSchema },
  failures: ["conflict", "not_found", "not_implemented"],
  async handler({ deps, body, caller: { project } }) {
    const { name, description, source, session_id: sessionId, dedicated_sticky_ip: ownAddress } = body;
    if (ownAddress === true)
      throw new Failure("not_implemented", "No address of its own can be given to a profile here.");
    if (sessionId != null) await deps.sessions.live(project, sessionId);
    await deps.profiles.create(project, {
      name,
      description: description ?? undefined,
      source: source ?? undefined,
      sessionId: sessionId ?? undefined,
    });
    return { status: 200, body: done };
  },
});

export const listProfiles = defineRoute({
  method: "GET",
  url: "/v1/profiles",
  access: "read",
  tag,
  summary: "List profiles",
  responses: {
    200: z.object({ data: z.object({ count: z.int(), items: z.array(profileSchema) }) }),
  },
  async handler({ deps, caller: { project } }) {
    const items = (await deps.profiles.list(project)).map(view);
    return { status: 200, body: { data: { count: items.length, items } } };
  },
});

export const retrieveProfile = defineRoute({
  method: "GET",
  url: "/v1/profiles/:name",
  access: "read",
  tag,
  summary: "Get a profile; its state is not shown",
  params,
  responses: { 200: z.object({ data: profileSchema }) },
  failures: ["not_found"],
  async handler({ deps, params: { name }, caller: { project } }) {
    return { status: 200, body: { data: view(await deps.profiles.get(project, name)) } };
  },
});

export const deleteProfile = defineRoute({
  method: "DELETE",
  url: "/v1/profiles/:name",
  access: "admin",
  tag,
  summary: "Delete a profile",
  params,
  responses: { 200: doneSchema },
  failures: ["not_found"],
  async handler({ deps, params: { name }, caller: { project } }) {
    await deps.profiles.remove(project, name);
    return { status: 200, body: done };
  },
});

function view({ name, description, source, sessionId, isSaved, createdAt }: Profile) {
  return {
    name,
    description,
    source,
    session_id: sessionId,
    status: isSaved ? ("ready" as const) : ("pending" as const),
    created_at: createdAt.toISOString(),
  };
}
