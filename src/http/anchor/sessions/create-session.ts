import { z } from "zod";
import type { SessionRecord } from "../../../session/types.ts";
import { defineRoute } from "../../define-route.ts";
import { publicUrl } from "../../public-url.ts";
import { sessionTag } from "./session.ts";
import { readSession, sessionBody } from "./session-body.ts";

/** Longer than any session lasts. */
const dayMs = 24 * 3_600_000;

export const createSession = defineRoute({
  method: "POST",
  url: "/v1/sessions",
  access: "admin",
  tag: sessionTag,
  summary: "Start a browser, signed in as the identities asked for, to be driven over CDP",
  description:
    "Answers when a CDP client can connect and every identity is signed in. `cdp_url` and `live_view_url` carry tokens of this session alone: whoever has them is in. 422 where a site refused an identity, 503 where it could not be asked.",
  body: sessionBody,
  responses: {
    200: z.object({
      data: z.object({ id: z.uuid(), cdp_url: z.string(), live_view_url: z.string() }),
      id: z.uuid().meta({ description: "Once more: published examples read it here." }),
    }),
  },
  failures: [
    "unknown_identity",
    "identity_busy",
    "identity_failed",
    "identity_inactive",
    "no_site",
    "invalid_credentials",
    "browser_unavailable",
    "too_many_requests",
  ],
  async handler(call) {
    const { deps, body, caller, request } = call;
    const { project, keyId } = caller;
    const session = await deps.sessions.create({
      ...readSession(body),
      project,
      actor: `key:${keyId}`,
      signal: call.signal,
    });
    const { id } = session;
    const lifeMs = lifeOf(session);
    const view = body.session?.live_view;
    const cdp = publicUrl("/", { request, config: deps.config });
    cdp.protocol = cdp.protocol === "https:" ? "wss:" : "ws:";
    const drive = deps.sessionTokens.make({ id, project, scope: "drive", lifeMs });
    cdp.searchParams.set("apiKey", drive.reveal());
    cdp.searchParams.set("sessionId", id);
    const live = publicUrl(`/live/${id}`, { request, config: deps.config });
    const seen = deps.sessionTokens.make({
      id,
      project,
      lifeMs,
      scope: view?.read_only === true ? "view" : "drive",
      once: view?.one_time_url === true,
    });
    live.searchParams.set("token", seen.reveal());
    return {
      status: 200,
      headers: { "cache-control": "no-store" },
      body: { data: { id, cdp_url: cdp.href, live_view_url: live.href }, id },
    };
  },
});

const lifeOf = ({ expiresAt }: SessionRecord) =>
  expiresAt === null ? dayMs : Math.max(1_000, expiresAt.getTime() - Date.now());
