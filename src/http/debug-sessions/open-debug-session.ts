import { z } from "zod";
import { withSite } from "../../identity/site-of.ts";
import { defineRoute } from "../define-route.ts";
import { publicUrl } from "../public-url.ts";

const longestMinutes = 120;
/** A debugger that crashed does not hold the identity for longer. */
const idleMinutes = 1;

const debugSessionSchema = z
  .object({
    id: z.uuid(),
    identity: z.object({
      id: z.uuid(),
      name: z.string(),
      sourceUrl: z.string(),
      metadata: z.record(z.string(), z.unknown()),
    }),
    expiresAt: z.iso.datetime(),
    cdpUrl: z.string().meta({
      description:
        "For any CDP client; its token is good until the session ends. Whoever has it drives a browser that is signed in.",
    }),
  })
  .meta({ id: "DebugSession" });

export const openDebugSession = defineRoute({
  method: "POST",
  url: "/v1/debug-sessions",
  access: "admin",
  tag: "debug sessions",
  summary: "Open a browser signed in as an identity, to be driven over CDP",
  description:
    "Answers when the identity is signed in. It is held until the session ends: by DELETE, after `minutes`, or when no client was connected for a minute. The browser's first page is in its default context. Later requests have to reach the same server.",
  body: z
    .strictObject({
      identityId: z.string().min(1).max(200).meta({ description: "Its name or id." }),
      minutes: z.int().min(1).max(longestMinutes).default(30),
    })
    .meta({ id: "OpenDebugSession" }),
  responses: { 201: debugSessionSchema },
  failures: [
    "unknown_identity",
    "identity_busy",
    "identity_failed",
    "identity_inactive",
    "no_site",
    "session_lapsed",
    "browser_unavailable",
    "too_many_requests",
  ],
  async handler({ deps, body: { identityId, minutes }, caller: { project, keyId }, signal, request }) {
    const { sessions, sessionTokens, identities, config } = deps;
    const { id, expiresAt } = await sessions.create({
      project,
      identityIds: [identityId],
      maxMinutes: minutes,
      idleMinutes,
      saveState: false,
      tags: ["debug"],
      actor: `key:${keyId}`,
      signal,
    });
    const lifeMs = minutes * 60_000;
    const token = sessionTokens.make({ id, project, scope: "drive", lifeMs });
    const cdpUrl = publicUrl(`/v1/debug-sessions/${id}/cdp`, { request, config });
    cdpUrl.protocol = cdpUrl.protocol === "https:" ? "wss:" : "ws:";
    cdpUrl.searchParams.set("token", token.reveal());
    const identity = await identities.get(project, identityId);
    const { name, metadata } = identity;
    const { sourceUrl } = withSite(identity);
    return {
      status: 201,
      headers: { location: `/v1/debug-sessions/${id}`, "cache-control": "no-store" },
      body: {
        id,
        identity: { id: identity.id, name, sourceUrl, metadata: metadata ?? {} },
        expiresAt: (expiresAt ?? new Date(Date.now() + lifeMs)).toISOString(),
        cdpUrl: cdpUrl.href,
      },
    };
  },
});
